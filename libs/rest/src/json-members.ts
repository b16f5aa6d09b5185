const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

export const TOO_DEEP = -1;

/**
 * Counts the members of all objects as they are written, before anything is built from the text: the colons outside strings.
 * @returns TOO_DEEP where it nests deeper than so many levels
 */
export function writtenMembers(json: string, maxDepth: number): number {
  let depth = 0;
  let members = 0;
  let inString = false;
  for (let index = 0; index < json.length; index += 1) {
    const code = json.charCodeAt(index);
    if (inString) {
      if (code === BACKSLASH) index += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === COLON) members += 1;
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      depth += 1;
      if (depth > maxDepth) return TOO_DEEP;
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth -= 1;
  }
  return members;
}

/** Counts the members of all objects in a value that was read from JSON: fewer than were written, where a key came twice. */
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
