export { clientAddress } from './client-address.js';
export { DtoValidationPipe, invalidRequest } from './dto-validation.pipe.js';
export { IfGiven } from './if-given.decorator.js';
export { readJsonBodies } from './json-body.js';
export { ApiProblems, RETRY_AFTER } from './problem.dto.js';
export { Problem, type FieldFault, type ProblemBody, type ProblemOptions } from './problem.js';
export { ProblemFilter, problemBody, toProblem } from './problem.filter.js';
