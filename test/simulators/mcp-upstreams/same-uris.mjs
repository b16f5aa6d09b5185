// A stdio server whose URIs are those of every tutorial. Its first argument is its name, which all that it answers contains. Its second
// one is JSON with more `resources` and `templates` to list.
import { createInterface } from 'node:readline';

const [name, more = '{}'] = process.argv.slice(2);
const { resources = [], templates = [] } = JSON.parse(more);
const UI = 'ui://app/index.html';
const REPORT = 'file:///report.txt';
const mimeType = 'text/html;profile=mcp-app';
const subscribed = new Set();
/** Requests that wait for an answer of the client, by id. */
const asked = new Map();

const write = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const report = { type: 'resource', resource: { uri: REPORT, text: name } };
const links = [
  { type: 'resource_link', uri: REPORT, name },
  { type: 'resource_link', uri: 'file:///unlisted', name },
  report,
];
const text = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });
const failure = { code: -32000, message: `${name} cannot read ${REPORT}.`, data: { uri: UI, seen: [`at ${REPORT}`] } };
class Failure extends Error {}
const tools = {
  show: () => ({ content: links, structuredContent: { uri: REPORT } }),
  echo: (args) => text(args),
  fail: () => Promise.reject(new Failure()),
  ask: (request) =>
    new Promise((resolve) => {
      const id = `${name}-${asked.size}`;
      asked.set(id, ({ result, error }) => resolve(text(result ?? error)));
      write({ id, ...request });
    }),
  tell: (_args, { progressToken }) => {
    write({ method: 'notifications/progress', params: { progressToken, progress: 1, message: `reads ${REPORT}` } });
    write({ method: 'notifications/message', params: { level: 'error', data: { file: REPORT } } });
    return { content: [] };
  },
  touch: () => {
    for (const uri of subscribed) write({ method: 'notifications/resources/updated', params: { uri } });
    return { content: [] };
  },
};
const definitionOf = (tool) => ({
  ...{ name: tool, inputSchema: { type: 'object' }, icons: [{ src: 'ui://app/icon.svg' }] },
  _meta: { ui: { resourceUri: UI }, 'ui/resourceUri': UI },
});
const methods = {
  initialize: ({ protocolVersion }) => ({
    ...{ protocolVersion, serverInfo: { name, version: '1' } },
    capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} },
  }),
  ping: () => ({}),
  'logging/setLevel': () => ({}),
  'tools/list': () => ({ tools: Object.keys(tools).map(definitionOf) }),
  'tools/call': (params) => tools[params.name](params.arguments, params._meta ?? {}),
  // The page of the UI is left out: the metadata of the tool names it.
  'resources/list': () => ({ resources: [REPORT, ...resources].map((uri) => ({ uri, name })) }),
  'resources/templates/list': () => ({
    resourceTemplates: [`note://{${name}}`, ...templates].map((uriTemplate) => ({ uriTemplate, name })),
  }),
  'resources/read': ({ uri }) => ({ contents: [{ uri, text: `${name} ${uri}`, ...(uri === UI && { mimeType }) }] }),
  'resources/subscribe': ({ uri }) => subscribed.add(uri) && {},
  'resources/unsubscribe': ({ uri }) => subscribed.delete(uri) && {},
  'prompts/list': () => ({ prompts: [{ name: 'report' }] }),
  'prompts/get': ({ arguments: args = {} }) => {
    if (args.fail) throw new Failure();
    return { messages: [{ role: 'user', content: args.echo ? { type: 'text', text: args.echo } : report }] };
  },
  'completion/complete': ({ ref, argument }) => {
    if (argument.value === 'fail') throw new Failure();
    return { completion: { values: [name, ref.uri ?? REPORT, argument.value] } };
  },
};

async function answer(id, method, params) {
  if (!methods[method]) return write({ id, error: { code: -32601, message: 'Method not found' } });
  try {
    write({ id, result: await methods[method](params) });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    write({ id, error: failure });
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params, ...rest } = JSON.parse(line);
  if (method === undefined) asked.get(id)?.(rest);
  else if (id !== undefined) void answer(id, method, params);
});
