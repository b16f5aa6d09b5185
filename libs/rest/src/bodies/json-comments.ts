const QUOTE = 0x22;
const ASTERISK = 0x2a;
const COMMA = 0x2c;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const CLOSERS: readonly number[] = [0x5d, 0x7d];
const SPACES: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];

/**
 * Returns the JSON of a text with comments (`//`, `/*`) and commas before closing brackets, as editors write their settings. It takes time with
 * the length of the text. Text that is not JSON apart from that stays, so that the parser refuses it.
 */
export const plainJson = (text: string): string => withoutTrailingCommas(withoutComments(text));

function withoutComments(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index);
    else if (code === SLASH) {
      const end = endOfComment(text, index);
      if (end === -1) return text; // a comment without an end is no JSON, wherever it begins
      if (end === undefined) continue;
      kept.push(text.slice(from, index), ' ');
      from = end;
      index = end - 1;
    }
  }
  return kept.join('') + text.slice(from);
}

/** @returns undefined if no comment begins here, -1 if it does not end */
function endOfComment(text: string, start: number): number | undefined {
  const kind = text.charCodeAt(start + 1);
  const end =
    kind === SLASH ? text.indexOf('\n', start) : kind === ASTERISK ? text.indexOf('*/', start + 2) : undefined;
  if (end === undefined) return undefined;
  if (kind === SLASH) return end === -1 ? text.length : end;
  return end === -1 ? -1 : end + 2;
}

function withoutTrailingCommas(text: string): string {
  const kept: string[] = [];
  let from = 0;
  let comma = -1; // the last one, if only space has followed it
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (SPACES.includes(code)) continue;
    if (comma !== -1 && CLOSERS.includes(code)) {
      kept.push(text.slice(from, comma));
      from = comma + 1;
    }
    comma = code === COMMA ? index : -1;
    if (code === QUOTE) index = endOfString(text, index);
  }
  return kept.join('') + text.slice(from);
}

/** Returns the index of the quote that ends a string, or the length of the text. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === BACKSLASH) index += 1;
    else if (code === QUOTE) return index;
  }
  return text.length;
}
