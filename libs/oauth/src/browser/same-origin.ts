import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a page of the gateway itself sent this: another site could otherwise have its visitor's browser start a connection
 * (SECURITY.md, threat 50). No script can set `Sec-Fetch-Site`; where a browser does not send it, `Origin` has to be the gateway's.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return headers.origin === new URL(publicUrl).origin;
}
