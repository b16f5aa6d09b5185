// The shared parts of REST routes: problem answers, validation of DTOs, limits of bodies, pages.
// Controllers of every library use it. It does not know any resource.
export { ApiExample } from './api-example.decorator.js';
export { clientAddress } from './client-address.js';
export { DtoValidationPipe, fieldFaults, invalidRequest } from './dto-validation.pipe.js';
export { FreeForm } from './free-form.decorator.js';
export { IgnoresUnknown, warned, warningsFor, type ReadBack } from './ignores-unknown.decorator.js';
export { IfGiven, RefusesNull } from './if-given.decorator.js';
export { readJsonBodies } from './bodies/json-body.js';
export { ApiProblems, RETRY_AFTER } from './problem.dto.js';
export { ProblemError, type FieldFault, type ProblemBody, type ProblemOptions } from './problem.js';
export { noteProblem, ProblemFilter, problemBody, problemOf, toProblem } from './problem.filter.js';
export { WarningsDto } from './warnings.dto.js';
export { Markup, markup } from './pages/markup.js';
export { isSameOrigin } from './pages/same-origin.js';
export { exceededBound } from './bodies/nesting.js';
export { MOST_IN_ALL } from './dto-bounds.js';
