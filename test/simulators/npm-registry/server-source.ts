/** The behaviour of a server of the ready-made packages. */
export interface ServerBehaviour {
  readonly name: string;
  readonly version: string;
  readonly tools: readonly string[];
}

/**
 * Returns the source of an MCP server over stdio in one file without dependencies. Its tools answer with the name and version of the
 * package, the tool and the arguments.
 */
export const serverSource = (behaviour: ServerBehaviour): string => `#!/usr/bin/env node
const { name, version, tools } = ${JSON.stringify(behaviour)};
const inputSchema = { type: 'object', properties: { city: { type: 'string' } } };
const answers = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name, version } }),
  ping: () => ({}),
  'tools/list': () => ({ tools: tools.map((tool) => ({ name: tool, description: tool + ' of ' + version, inputSchema })) }),
  'tools/call': (call) => ({
    content: [{ type: 'text', text: JSON.stringify({ name, version, tool: call.name, arguments: call.arguments }) }],
  }),
};

function receive(line) {
  if (line.trim() === '') return;
  const { id, method, params } = JSON.parse(line);
  if (id === undefined || method === undefined) return;
  const answer = answers[method];
  const outcome = answer ? { result: answer(params) } : { error: { code: -32601, message: 'Method not found: ' + method } };
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }) + '\\n');
}

let rest = '';
process.stdin.setEncoding('utf8').on('data', (text) => {
  const lines = (rest + text).split('\\n');
  rest = lines.pop();
  lines.forEach(receive);
});
`;

/** A program that prints an error to stderr and ends before it answers. */
export const EXITING_SOURCE = `#!/usr/bin/env node
console.error('weather: the configuration is missing');
process.exit(3);
`;

/** A program that reads its input and never answers. */
export const SILENT_SOURCE = `#!/usr/bin/env node
process.stdin.resume();
`;

/** A program that is no server: it prints a line and ends. */
export const NO_SERVER_SOURCE = `#!/usr/bin/env node
console.log('Hello, world');
`;

/** An install script that writes a file to its folder and prints the names of its environment variables. */
export const POSTINSTALL_SOURCE = `
require('node:fs').writeFileSync(require('node:path').join(__dirname, 'postinstall-ran'), '');
console.log('environment: ' + Object.keys(process.env).sort().join(' '));
`;
