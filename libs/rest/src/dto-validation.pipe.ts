import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { Problem, type FieldFault } from './problem.js';

/**
 * Checks every body, query and parameter object against its DTO: unknown fields and wrong types are refused and named
 * (threats 46 and 48 of the security model). Values are never converted, so `{"$ne": null}` stays an object and fails.
 */
export class DtoValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      stopAtFirstError: true,
      transform: true,
      transformOptions: { enableImplicitConversion: false },
      exceptionFactory: (errors) => invalidRequest(errors.flatMap((error) => faultsOf(error, ''))),
    });
  }
}

/** 400 that names each field at fault. */
export function invalidRequest(errors: readonly FieldFault[]): Problem {
  const detail = errors.map((fault) => fault.detail).join('; ') || 'The request does not fit';
  return new Problem(400, 'invalid_request', detail, { errors });
}

function faultsOf(error: ValidationError, parent: string): FieldFault[] {
  const pointer = `${parent}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const own = Object.entries(error.constraints ?? {}).map(([code, detail]) => ({ pointer, code, detail }));
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, pointer))];
}
