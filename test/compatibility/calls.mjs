/** The calls of each client: a tool that answers, and one that fails. The servers are in gateway.mjs. */
export const ECHO = { tool: 'everything_echo', args: { message: 'hello' }, answer: 'Echo: hello' };
export const DENIED = { tool: 'files_read_text_file', args: { path: '/not/allowed.txt' }, error: 'Access denied' };
