import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a browser sent this from a page of the gateway itself. Another site could otherwise have its visitor's browser use up a link
 * (SECURITY.md, threat 50).
 *
 * `Sec-Fetch-Site` is the browser's own word, and no script can set it. It is missing over plain HTTP from other machines and in old
 * browsers: there `Origin` must be the gateway's. A request with neither is no browser's.
 *
 * @param publicUrl the URL under which users reach the gateway
 */
export function isSameOrigin(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return headers.origin === new URL(publicUrl).origin;
}
