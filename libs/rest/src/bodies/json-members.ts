const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

export const TOO_DEEP = -1;
export const TOO_MANY = -2;

/** The largest structure of a JSON text: the levels, and the members of objects or elements of lists. */
export interface JsonBounds {
  readonly depth: number;
  readonly members: number;
}

/**
 * Counts the members of all objects in a JSON text without parsing it: the colons outside strings.
 * @returns TOO_DEEP or TOO_MANY, as soon as the text exceeds a bound. Elements of lists are counted by commas
 */
export function writtenMembers(json: string, most: JsonBounds): number {
  let depth = 0;
  let members = 0;
  let commas = 0;
  let inString = false;
  for (let index = 0; index < json.length; index += 1) {
    const code = json.charCodeAt(index);
    if (inString) {
      if (code === BACKSLASH) index += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === COLON) {
      members += 1;
      if (members > most.members) return TOO_MANY;
    } else if (code === COMMA) {
      commas += 1;
      if (commas > most.members) return TOO_MANY;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      depth += 1;
      if (depth > most.depth) return TOO_DEEP;
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth -= 1;
  }
  return members;
}

/** Counts the members of all objects in a parsed value. There are fewer than in the text if an object names a key twice. */
export function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += membersOf(item);
    return members;
  }
  for (const key in value) members += 1 + membersOf((value as Record<string, unknown>)[key]);
  return members;
}
