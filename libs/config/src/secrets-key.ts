import { z } from 'zod';

const LEAST_LENGTH = 32;
const WEAK_KEYS = /^(.)\1*$|your-random-key|change-?me|example|default|password|secret-?key/i;

/** What is wrong with a master key, as the end of a sentence; undefined: nothing. */
export function secretsKeyFault(key: string): string | undefined {
  if (key.length < LEAST_LENGTH) return `must have at least ${LEAST_LENGTH} characters (openssl rand -base64 32)`;
  if (WEAK_KEYS.test(key)) return 'is a default or a trivial key (openssl rand -base64 32)';
  return undefined;
}

export const secretsKey = z.string().superRefine((key, context) => {
  const message = secretsKeyFault(key);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});
