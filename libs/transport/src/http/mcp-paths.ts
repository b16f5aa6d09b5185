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

/** @param url request URL, with or without a query, or the pattern of a route */
export const isMcpPath = (url: string): boolean => methodsOf(url) !== '';

/** Returns the value of the header Allow for a path; '' if the path is not an MCP path. */
export function methodsOf(url: string): string {
  const path = url.split('?', 1)[0]!;
  return METHODS.get(path) ?? (ONE_SERVER.test(path) ? STREAMABLE_HTTP : '');
}
