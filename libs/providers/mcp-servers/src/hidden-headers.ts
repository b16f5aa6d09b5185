import { invalidRequest } from '@manifold/rest';

/** What readers see instead of a header that lets its bearer in. Sent back, it means: keep what is stored. */
const HIDDEN = '[hidden]';
const CONFIDENTIAL = /authorization|cookie|token|secret|-key$/i;

type Headers = Readonly<Record<string, string>>;

export function hideHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, CONFIDENTIAL.test(name) ? HIDDEN : value]),
  );
}

/**
 * Undoes `hideHeaders` in what a client read and sends back.
 * @throws Problem 400 for a hidden value of a header that is not stored
 */
export function restoreHeaders(headers: Headers, stored: Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (value !== HIDDEN) return [name, value];
      if (Object.hasOwn(stored, name)) return [name, stored[name]!];
      const detail = `headers.${name} has no stored value to keep`;
      throw invalidRequest([{ pointer: `/headers/${name}`, code: 'no_stored_value', detail }]);
    }),
  );
}
