const LEAST_LENGTH = 32;
const WEAK_KEYS = /^(.)\1*$|your-random-key|change-?me|example|default|password|secret-?key/i;
const REMEDY = 'write the output of openssl rand -base64 32';

/** Returns what is wrong with a master key and what to write, as the end of a sentence; undefined if the key is good. */
export function secretsKeyFault(key: string): string | undefined {
  if (key.length < LEAST_LENGTH) return `must have at least ${LEAST_LENGTH} characters; ${REMEDY}`;
  if (WEAK_KEYS.test(key)) return `is a default or a trivial key; ${REMEDY}`;
  return undefined;
}
