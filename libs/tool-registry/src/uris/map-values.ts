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

/** Function that returns another text. The member is the name of the innermost member that the text belongs to. */
export type TextMapping = (text: string, member?: string) => string;

/** Levels of a value whose texts are mapped. A value may come from a server, and a deeper one could overflow the stack. */
const MAX_DEPTH = 100;

/**
 * Maps all texts in a JSON value, down to {@link MAX_DEPTH} levels. Names of members stay. A value whose texts do not change is returned as
 * it is.
 */
export function mapTexts(value: unknown, mapping: TextMapping, member?: string, depth = 0): unknown {
  if (typeof value === 'string') return mapping(value, member);
  if (depth === MAX_DEPTH) return value;
  if (Array.isArray(value)) return mapItems(value, (item) => mapTexts(item, mapping, member, depth + 1));
  if (!isObject(value)) return value;
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const mapped = mapTexts(value[name], mapping, name, depth + 1);
    if (mapped !== value[name]) (copy ??= { ...value })[name] = mapped;
  }
  return copy ?? value;
}

/**
 * A URI in a text: it has a scheme and `//`, and ends before a blank, a quote or an angle bracket. The look-behind finds the start of a
 * scheme in one step, so that the work grows no faster than the text.
 */
const URI_IN_TEXT = /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,63}:\/\/[^\s"'`<>]*/gi;

/** Signs at the end of a URI that belong to the sentence around it. */
const END_OF_SENTENCE = /[.,;:!?)\]]{1,8}$/;

/** Maps the URIs in a text for people, such as the message of an error. */
export const mapUrisInText = (text: string, mapping: (uri: string) => string): string =>
  text.includes('://')
    ? text.replace(URI_IN_TEXT, (found) => {
        const uri = found.replace(END_OF_SENTENCE, '');
        return mapping(uri) + found.slice(uri.length);
      })
    : text;
