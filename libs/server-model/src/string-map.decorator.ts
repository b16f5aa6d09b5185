import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { shortName } from '@manifold/async';

export interface StringMapRule {
  readonly names: RegExp;
  readonly values: RegExp;
  /** The largest number of entries. */
  readonly max: number;
}

/** Names that would change a prototype when the map is copied (docs/THREATS.md, threat 18). */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Requires an object whose values are all strings. */
export const IsStringMap = (rule: StringMapRule): PropertyDecorator =>
  applyDecorators(
    // class-transformer silently drops names that every object inherits, so the value is taken as it was sent.
    Transform(({ obj, key }) => (obj as Record<string, unknown>)[key]),
    ValidateBy({
      name: 'isStringMap',
      validator: {
        validate: (value: unknown) => faultOf(value, rule) === undefined,
        defaultMessage: (args) => `${args!.property} ${faultOf(args!.value, rule)}`,
      },
    }),
  );

function faultOf(value: unknown, { names, values, max }: StringMapRule): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object of strings';
  const entries = Object.entries(value);
  if (entries.length > max) return `must have at most ${max} entries`;
  for (const [name, text] of entries) {
    if (FORBIDDEN.has(name) || !names.test(name))
      return `has an entry with an invalid name: ${JSON.stringify(shortName(name))}`;
    if (typeof text !== 'string') return `must contain strings, but ${name} is not a string`;
    if (!values.test(text)) return `has an invalid value for ${name}`;
  }
  return undefined;
}
