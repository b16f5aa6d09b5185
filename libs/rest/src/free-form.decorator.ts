import type { Type } from '@nestjs/common';

const fieldsOf = new WeakMap<object, readonly string[]>();

/**
 * Marks a field of a DTO whose content is passed on as it is, such as the arguments of a tool. Only the kind of its value is checked: an
 * object or a list. class-transformer does not copy its content, which would take time with the square of the number of members.
 */
export const FreeForm = (): PropertyDecorator => (prototype, field) => {
  fieldsOf.set(prototype, [...freeFormFields(prototype), String(field)]);
};

const NONE: readonly string[] = [];

const freeFormFields = (prototype: object): readonly string[] => fieldsOf.get(prototype) ?? NONE;

/** A value without its free-form content. */
export interface SetAside {
  /** The value, with an empty object or list in place of each free-form field. */
  readonly value: unknown;
  /** The free-form fields with their content. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** Takes the free-form content out of a value that is validated as a DTO. The value itself is not changed. */
export function setFreeFormAside(value: unknown, dto: Type): SetAside {
  const fields = freeFormFields(dto.prototype as object);
  if (fields.length === 0 || typeof value !== 'object' || value === null) return { value, content: {} };
  const rest: Record<string, unknown> = { ...value };
  const content: Record<string, unknown> = {};
  for (const field of fields) {
    const given = Object.hasOwn(rest, field) ? rest[field] : undefined;
    if (typeof given !== 'object' || given === null) continue;
    content[field] = given;
    rest[field] = Array.isArray(given) ? [] : {};
  }
  return { value: rest, content };
}
