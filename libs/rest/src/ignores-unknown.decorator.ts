import type { Type } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { shortName } from '@manifold/async';
import { isNullable } from './if-given.decorator.js';

/** The most warnings of one answer. */
const MOST_WARNINGS = 20;

/** Says whether a value can be what the gateway answered for a member that clients cannot set. */
export type ReadBack = Readonly<Record<string, (value: unknown) => boolean>>;

const readBackOf = new WeakMap<object, ReadBack>();
const warningsOfDto = new WeakMap<object, readonly string[]>();

/**
 * Makes the validation ignore members that the DTO does not know, instead of refusing the request. Answers name them in `warnings`. It is
 * for routes whose clients were written for another gateway, which also write `null` for what they leave out: it counts as absent in
 * optional fields without `RefusesNull`. DTOs inside it are strict unless they are marked themselves, so that a
 * misspelt access rule is never ignored.
 * @param readBack members that only the gateway sets. They are ignored without a warning where a client sends back what it has read
 */
export const IgnoresUnknown =
  (readBack: ReadBack = {}): ClassDecorator =>
  (dto) =>
    void readBackOf.set(dto, readBack);

/** Returns whether a DTO ignores unknown members. */
export const ignoresUnknown = (dto: object | undefined): boolean => dto !== undefined && readBackOf.has(dto);

/** Returns the warnings for the answer to a request with this body or query, as members of the answer. */
export const warningsFor = (dto: object | undefined, more: readonly string[] = []): { warnings?: string[] } =>
  warned([...((dto && warningsOfDto.get(dto)) ?? []), ...more]);

/** Returns the warnings as members of an answer: at most {@link MOST_WARNINGS}, none if there are none. */
export function warned(warnings: readonly string[]): { warnings?: string[] } {
  if (warnings.length === 0) return {};
  if (warnings.length <= MOST_WARNINGS) return { warnings: [...warnings] };
  const named = warnings.slice(0, MOST_WARNINGS - 1);
  return { warnings: [...named, `and ${warnings.length - named.length} more warnings`] };
}

/** A body without the members that clients cannot set. */
export interface WithoutReadBack {
  readonly value: unknown;
  readonly warnings: readonly string[];
}

/** Takes the members that only the gateway sets out of a body, so that they count neither as content nor as unknown. */
export function withoutReadBack(value: unknown, dto: object): WithoutReadBack {
  const members = Object.entries(readBackOf.get(dto) ?? {});
  if (members.length === 0 || typeof value !== 'object' || value === null || Array.isArray(value))
    return { value, warnings: [] };
  const rest: Record<string, unknown> = { ...value };
  const warnings: string[] = [];
  for (const [name, canBe] of members) {
    if (!Object.hasOwn(rest, name)) continue;
    if (rest[name] !== null && !canBe(rest[name])) warnings.push(`${name} cannot be set and was ignored`);
    delete rest[name];
  }
  return { value: rest, warnings };
}

/** Takes the optional members that are `null` out of the body of a DTO that ignores unknown ones. */
export function withoutNulls(value: unknown, dto: Type): unknown {
  if (!ignoresUnknown(dto) || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  const isAbsent = ([name, member]: [string, unknown]): boolean =>
    member === null && isNullable(dto.prototype as object, name);
  return entries.some(isAbsent) ? Object.fromEntries(entries.filter((entry) => !isAbsent(entry))) : value;
}

/**
 * Removes unknown members from a validated DTO, and from those inside it that ignore them.
 * @param warnings gets a warning for each member
 * @returns the other errors
 */
export function withoutUnknown(errors: readonly ValidationError[], warnings: string[], parent = ''): ValidationError[] {
  return errors.filter((error) => {
    const { target, property, constraints } = error;
    const name = `${parent}${shortName(property)}`;
    if (error.children?.length) error.children = withoutUnknown(error.children, warnings, `${name}.`);
    if (target && constraints && 'whitelistValidation' in constraints && ignoresUnknown(target.constructor)) {
      delete (target as Record<string, unknown>)[property];
      warnings.push(`"${name}" is not a known field and was ignored`);
      return false;
    }
    return constraints !== undefined || (error.children?.length ?? 0) > 0;
  });
}

/** Notes the warnings about a body or query, for the controller that makes the answer. */
export function noteWarnings(dto: object, warnings: readonly string[]): void {
  if (warnings.length > 0) warningsOfDto.set(dto, [...(warningsOfDto.get(dto) ?? []), ...warnings]);
}
