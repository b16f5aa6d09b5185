/** The paths that answer in JSON-RPC, and the methods that each of them has. */
const METHODS: ReadonlyMap<string, string> = new Map([
  ['/mcp', 'GET, POST, DELETE'],
  ['/sse', 'GET'],
  ['/messages', 'POST'],
  ['/sse/messages', 'POST'],
]);

/** @param url of a request, with or without a query */
export const isMcpPath = (url: string): boolean => METHODS.has(pathOf(url));

/** For the header Allow. */
export const methodsOf = (url: string): string => METHODS.get(pathOf(url)) ?? '';

const pathOf = (url: string): string => url.split('?', 1)[0]!;
