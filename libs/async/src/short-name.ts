import { createHash } from 'node:crypto';

/** The longest name, in characters, that is shown whole. */
const LONGEST = 256;
/** Characters that remain of a longer name. */
const KEPT = 128;
const DIGEST_CHARACTERS = 16;
const HALF_CHARACTER = /[\uD800-\uDBFF]$/;

/**
 * Returns a name from outside as logs, the audit log and answers show it. A long name is cut to its beginning, its length and the
 * beginning of its SHA-256, so that two long names can be told apart.
 */
export function shortName(name: string): string {
  if (name.length <= LONGEST) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_CHARACTERS);
  return `${name.slice(0, KEPT).replace(HALF_CHARACTER, '')}... (${name.length} characters, sha256 ${digest})`;
}
