import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import type { ValidatorOptions } from 'class-validator';
import { shortName } from '@manifold/async';
import { constraintSentence } from './constraint-sentences.js';
import { requireBounded } from './dto-bounds.js';
import { setFreeFormAside } from './free-form.decorator.js';
import {
  ignoresUnknown,
  noteWarnings,
  withoutNulls,
  withoutReadBack,
  withoutUnknown,
} from './ignores-unknown.decorator.js';
import { ProblemError, type FieldFault } from './problem.js';

/** The most invalid fields that one answer names. */
const MOST_FAULTS = 20;

/**
 * Checks every body, query and parameter object against its DTO: unknown fields and wrong types are refused and named
 * (docs/THREATS.md, threats 46 and 48). Values are never converted, so `{"$ne": null}` stays an object and fails. Values that are too
 * large are refused before that (threat 58). DTOs with `IgnoresUnknown` get no unknown field, but do not fail because of one, or
 * because an optional field is `null`.
 */
export class DtoValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      stopAtFirstError: true,
      validationError: { target: true }, // keeps the DTO: its rules make the messages
      transform: true,
      transformOptions: { enableImplicitConversion: false },
      exceptionFactory: (errors) => invalidRequest(fieldFaults(errors)),
    });
  }

  override async transform(given: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (!this.toValidate(metadata)) return super.transform(given, metadata) as Promise<unknown>;
    const settable = withoutReadBack(given, metadata.metatype!);
    const { value, content } = setFreeFormAside(withoutNulls(settable.value, metadata.metatype!), metadata.metatype!);
    requireBounded(value);
    const dto = (await super.transform(value, metadata)) as object;
    noteWarnings(dto, settable.warnings);
    return Object.assign(dto, content);
  }

  protected override async validate(dto: object, options?: ValidatorOptions): Promise<ValidationError[]> {
    const errors = await super.validate(dto, options);
    if (errors.length === 0 || !ignoresUnknown(dto.constructor)) return errors;
    const warnings: string[] = [];
    const others = withoutUnknown(errors, warnings);
    noteWarnings(dto, warnings);
    return others;
  }
}

/** Returns a 400 error that names each invalid field, up to {@link MOST_FAULTS}. */
export function invalidRequest(errors: Iterable<FieldFault>): ProblemError {
  const named: FieldFault[] = [];
  let hasMore = false;
  for (const fault of errors) {
    hasMore = named.length === MOST_FAULTS;
    if (hasMore) break;
    named.push(fault);
  }
  const detail = named.map((fault) => fault.detail).join('; ') || 'The request is not valid';
  return new ProblemError(400, 'invalid_request', hasMore ? `${detail}; and more` : detail, { errors: named });
}

/**
 * Converts the errors of class-validator: each invalid field gets a sentence that says what to write. The sentences are made as they are
 * read, because a request can have thousands of invalid fields.
 */
export function* fieldFaults(errors: readonly ValidationError[], parent = ''): Generator<FieldFault> {
  for (const error of errors) {
    const name = shortName(error.property);
    const pointer = `${parent}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    for (const [code, message] of Object.entries(error.constraints ?? {})) {
      yield { pointer, code, detail: constraintSentence(error, code, message) };
    }
    yield* fieldFaults(error.children ?? [], pointer);
  }
}
