import { withoutSlashes } from '@manifold/async';

const STREAMABLE_HTTP = 'GET, POST, DELETE';
/** The MCP paths, and the HTTP methods that each of them supports. */
const METHODS: ReadonlyMap<string, string> = new Map([
  ['/mcp', STREAMABLE_HTTP],
  ['/sse', 'GET'],
  ['/messages', 'POST'],
  ['/sse/messages', 'POST'],
]);
/** Path of the endpoint of a single registered server. */
const ONE_SERVER = /^\/mcp\/servers\/[^/]+\/mcp$/;

/** Paths besides the endpoints that clients make of the URL that their user has entered. */
const MADE_OF_THE_URL = /^\/(?:\.well-known\/.+|mcp\/sessions)$/;

/**
 * Returns the URL that is served instead of a URL with slashes at the end of its path, if it is the URL of an MCP endpoint. Users enter the
 * endpoints in both spellings. Other routes have one spelling, so that a rule of a proxy for a path is not avoided by a slash.
 */
export function withoutSlashAtEnd(url: string): string {
  const [path, ...query] = url.split('?');
  const served = withoutSlashes(path!);
  if (!isMcpPath(served) && !MADE_OF_THE_URL.test(served)) return url;
  return [served, ...query].join('?');
}

/** @param url request URL, with or without a query, or the pattern of a route */
export const isMcpPath = (url: string): boolean => methodsOf(url) !== '';

/** Returns the value of the header Allow for a path; '' if the path is not an MCP path. */
export function methodsOf(url: string): string {
  const path = url.split('?', 1)[0]!;
  return METHODS.get(path) ?? (ONE_SERVER.test(path) ? STREAMABLE_HTTP : '');
}
