import type { IncomingHttpHeaders } from 'node:http';

/**
 * Tells whether a browser sent the request from a page of the gateway. Otherwise another site could make its visitor's browser start a
 * connection or use up a link (docs/THREATS.md, threat 50).
 *
 * The browser sets `Sec-Fetch-Site`, and scripts cannot change it. It is missing over plain HTTP from other machines and in old browsers.
 * In these cases `Origin` must be the gateway's. A request with neither header is refused: it does not come from a browser.
 *
 * @param publicUrl the URL under which users reach the gateway
 */
export function isSameOrigin(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return headers.origin === new URL(publicUrl).origin;
}
