import { ValidateIf } from 'class-validator';

const optionalOf = new WeakMap<object, ReadonlySet<string>>();
const refusingOf = new WeakMap<object, ReadonlySet<string>>();

/** Makes a field optional. It does not accept `null`, except where a DTO reads it as absent: see `IgnoresUnknown`. */
export const IfGiven = (): PropertyDecorator => (prototype, field) => {
  mark(optionalOf, prototype, field);
  ValidateIf((_object, value) => value !== undefined)(prototype, field);
};

/** Refuses `null` for an optional field in every DTO. It is for fields that restrict something: without them, more is allowed. */
export const RefusesNull = (): PropertyDecorator => (prototype, field) => mark(refusingOf, prototype, field);

/** Returns whether a field of a DTO may be left out by `null`. */
export const isNullable = (prototype: object, field: string): boolean =>
  marked(optionalOf, prototype).has(field) && !marked(refusingOf, prototype).has(field);

function mark(fields: WeakMap<object, ReadonlySet<string>>, prototype: object, field: string | symbol): void {
  fields.set(prototype, new Set([...marked(fields, prototype), String(field)]));
}

const NONE: ReadonlySet<string> = new Set();

/** Returns the fields of a DTO and of the DTOs that it extends. */
function marked(fields: WeakMap<object, ReadonlySet<string>>, prototype: object): ReadonlySet<string> {
  const own = fields.get(prototype) ?? NONE;
  const parent = Object.getPrototypeOf(prototype) as object | null;
  return parent === null || parent === Object.prototype ? own : new Set([...own, ...marked(fields, parent)]);
}
