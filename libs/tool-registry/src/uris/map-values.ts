import { isObject } from '@manifold/async';
import type { RawObject } from '@manifold/tool-provider';

/** Function that returns another value, or the same value if there is nothing to change. */
export type Mapping = (value: unknown) => unknown;

/** Maps some members of an object. An object whose members do not change is returned as it is. */
export function mapMembers<T extends RawObject>(object: T, mappings: Readonly<Record<string, Mapping>>): T {
  let copy: Record<string, unknown> | undefined;
  for (const name in mappings) {
    const value = object[name];
    if (value === undefined) continue;
    const mapped = mappings[name]!(value);
    if (mapped !== value) (copy ??= { ...object })[name] = mapped;
  }
  return (copy as T | undefined) ?? object;
}

/** Maps the items of an array. An array whose items do not change, and any other value, is returned as it is. */
export function mapItems(items: unknown, mapping: Mapping): unknown {
  if (!Array.isArray(items)) return items;
  let copy: unknown[] | undefined;
  for (const [index, item] of items.entries()) {
    const mapped = mapping(item);
    if (mapped !== item) (copy ??= [...(items as unknown[])])[index] = mapped;
  }
  return copy ?? items;
}

/** Maps all texts in a JSON value, at any depth. Names of members stay. A value whose texts do not change is returned as it is. */
export function mapTexts(value: unknown, mapping: (text: string) => string): unknown {
  if (typeof value === 'string') return mapping(value);
  if (Array.isArray(value)) return mapItems(value, (item) => mapTexts(item, mapping));
  if (!isObject(value)) return value;
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const mapped = mapTexts(value[name], mapping);
    if (mapped !== value[name]) (copy ??= { ...value })[name] = mapped;
  }
  return copy ?? value;
}
