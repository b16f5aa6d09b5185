import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

export interface StringMapRule {
  readonly names: RegExp;
  readonly values: RegExp;
  /** Entries. */
  readonly max: number;
}

/** Names that would reach a prototype wherever the map is copied (SECURITY.md, threat 18). */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** An object with names of its own, all of whose values are strings. */
export const IsStringMap = (rule: StringMapRule): PropertyDecorator =>
  applyDecorators(
    // class-transformer drops names that every object inherits without a word: take the value as it was sent.
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
      return `has an entry whose name is not valid: ${JSON.stringify(name)}`;
    if (typeof text !== 'string') return `must hold strings, but ${name} is none`;
    if (!values.test(text)) return `has a value that is not valid: that of ${name}`;
  }
  return undefined;
}
