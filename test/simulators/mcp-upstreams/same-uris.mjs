// A stdio server whose URIs are those of every tutorial. Its first argument is its name, which all that it answers contains.
import { createInterface } from 'node:readline';

const [name] = process.argv.slice(2);
const UI = 'ui://app/index.html';
const REPORT = 'file:///report.txt';
const mimeType = 'text/html;profile=mcp-app';
const subscribed = new Set();

const write = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const report = { type: 'resource', resource: { uri: REPORT, text: name } };
const links = [
  { type: 'resource_link', uri: REPORT, name },
  { type: 'resource_link', uri: 'file:///unlisted', name },
  report,
];
const tools = {
  show: () => ({ content: links, structuredContent: { uri: REPORT } }),
  echo: (args) => ({ content: [{ type: 'text', text: JSON.stringify(args) }] }),
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
    capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {} },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: Object.keys(tools).map(definitionOf) }),
  'tools/call': (params) => tools[params.name](params.arguments),
  // The page of the UI is left out: the metadata of the tool names it.
  'resources/list': () => ({ resources: [{ uri: REPORT, name }] }),
  'resources/templates/list': () => ({ resourceTemplates: [{ uriTemplate: `note://{${name}}`, name }] }),
  'resources/read': ({ uri }) => ({ contents: [{ uri, text: `${name} ${uri}`, ...(uri === UI && { mimeType }) }] }),
  'resources/subscribe': ({ uri }) => subscribed.add(uri) && {},
  'resources/unsubscribe': ({ uri }) => subscribed.delete(uri) && {},
  'prompts/list': () => ({ prompts: [{ name: 'report' }] }),
  'prompts/get': () => ({ messages: [{ role: 'user', content: report }] }),
  'completion/complete': ({ ref }) => ({ completion: { values: [name, ref.uri] } }),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const answer = methods[method]?.(params);
  write(answer ? { id, result: answer } : { id, error: { code: -32601, message: 'Method not found' } });
});
