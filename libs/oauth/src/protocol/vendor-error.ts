import { scrub, withoutLongWords } from '@manifold/secrets';
import { textOf } from './lenient-json.js';
import { OAuthFlowError } from './oauth-flow-error.js';

/** Error code of another server that may be shown: a word, so that nobody can write sentences or HTML into a page of the gateway. */
const CODE = /^[A-Za-z0-9_.:-]{1,64}$/;
const NOT_PRINTABLE = /[\p{C}\p{Z}]+/gu;
const LONGEST_DESCRIPTION = 300;
/** Longer texts are not searched for secrets: their end is not logged either. */
const MOST_READ = 20_000;

/** Returns the error code of a refusal (RFC 6749, 5.2), if it may be shown. */
export const shownCode = (error: unknown): string | undefined =>
  typeof error === 'string' && CODE.test(error) && withoutLongWords(error) === error ? error : undefined;

/**
 * Returns what another server says about a refusal, as the cause of an error: it is for the operator's log, never for an answer.
 * @param secrets name → value of what the description must not repeat
 */
export function saidBy(
  description: unknown,
  secrets: Readonly<Record<string, string | undefined>> = {},
): Error | undefined {
  const text = textOf(description);
  if (text === undefined) return undefined;
  const known = Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== undefined));
  const start = text.slice(0, MOST_READ).replace(NOT_PRINTABLE, ' ');
  const hidden = withoutLongWords(scrub(start, known as Readonly<Record<string, string>>));
  return new Error(`It says: ${hidden.trim().slice(0, LONGEST_DESCRIPTION)}`);
}

/**
 * Returns the error for a callback without a code (RFC 6749, 4.1.2.1).
 * @param secrets see `saidBy`
 */
export function accessDenied(
  { error, error_description: description }: { readonly error?: string; readonly error_description?: string },
  secrets?: Readonly<Record<string, string | undefined>>,
): OAuthFlowError {
  const code = error === undefined ? undefined : (shownCode(error) ?? 'unknown error');
  const message = 'The sign-in service did not grant access';
  return new OAuthFlowError('authorization_denied', code === undefined ? message : `${message}: ${code}`, {
    cause: saidBy(description, secrets),
  });
}
