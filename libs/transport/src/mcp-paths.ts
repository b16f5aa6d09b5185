/** The paths that answer in JSON-RPC, and the methods that each of them has. */
const STREAMABLE_HTTP = 'GET, POST, DELETE';
const METHODS: ReadonlyMap<string, string> = new Map([
  ['/mcp', STREAMABLE_HTTP],
  ['/sse', 'GET'],
  ['/messages', 'POST'],
  ['/sse/messages', 'POST'],
]);
/** The endpoint of one registered server. */
const ONE_SERVER = /^\/mcp\/servers\/[^/]+\/mcp$/;

/** @param url of a request, with or without a query; or the pattern of a route */
export const isMcpPath = (url: string): boolean => methodsOf(url) !== '';

/** For the header Allow. */
export function methodsOf(url: string): string {
  const path = url.split('?', 1)[0]!;
  return METHODS.get(path) ?? (ONE_SERVER.test(path) ? STREAMABLE_HTTP : '');
}
