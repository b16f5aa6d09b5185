import { join } from 'node:path';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, connectSdk2, textOf } from '../support/mcp-clients.js';
import { onEvery } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { modernServer } from '../support/upstreams.js';

const EVERYTHING = join(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
);
/** The tools of server-everything that ask, what is asked by them, and what they then say. */
const ASKING: readonly [tool: string, args: Record<string, unknown>, asked: string, says: RegExp][] = [
  ['trigger-sampling-request', { prompt: 'Hello', maxTokens: 10 }, 'sampling/createMessage', /a sampled answer/],
  ['trigger-elicitation-request', {}, 'elicitation/create', /Alice/],
  ['trigger-url-elicitation', { url: 'https://example.com/form', message: 'Please' }, 'elicitation/create', /complete/],
  ['get-roots-list', {}, 'roots/list', /file:\/\/\/home\/alice/],
];

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  const rest = new RestClient(gateway.url);
  await rest.register({ name: 'everything', command: process.execPath, args: [EVERYTHING, 'stdio'] });
  await rest.register({ name: 'modern', ...modernServer() });
});
afterAll(() => gateway?.dispose());

describe.each(['SDK 1.32', 'SDK 2.4, modern'] as const)('a client that can be asked: %s', (sdk) => {
  /** All that was asked since the client connected: server-everything asks for roots by itself, too, whenever it comes to it. */
  const asked: string[] = [];
  let client: {
    callTool(call: { name: string; arguments?: Record<string, unknown> }): Promise<unknown>;
    listTools(): Promise<{ tools: readonly { name: string }[] }>;
    close(): Promise<void>;
  };

  /** Answers as a user would who agrees to everything. */
  const answering = (method: string, params: Record<string, unknown>): object => {
    asked.push(method);
    if (method === 'roots/list') return { roots: [{ uri: 'file:///home/alice', name: 'home' }] };
    if (method === 'sampling/createMessage') {
      return { role: 'assistant', model: 'own', content: { type: 'text', text: 'a sampled answer' } };
    }
    if (params.mode === 'url') return { action: 'accept' };
    const message = String(params.message);
    return { action: 'accept', content: { name: 'Alice', check: true, answer: `answer to ${message}` } };
  };

  beforeAll(async () => {
    const target = { url: gateway.url, user: 'alice' };
    const connected =
      sdk === 'SDK 1.32' ? await connectSdk1(target, answering) : await connectSdk2(target, 'modern', answering);
    client = connected.client;
  });
  afterAll(() => client?.close());

  it(cites('relay.asking', 'is shown the tools of a legacy server that ask their client'), async () => {
    const list = async () => (await client.listTools()).tools.map(({ name }) => name);
    await onEvery(gateway, 'they are listed', async () =>
      (await list()).includes('everything_trigger-sampling-request'),
    );
    expect(await list()).toEqual(expect.arrayContaining(ASKING.map(([tool]) => `everything_${tool}`)));
  });

  it.each(ASKING)(cites('relay.asking', 'completes %s of a legacy server'), async (tool, args, question, says) => {
    const result = await client.callTool({ name: `everything_${tool}`, arguments: args });
    expect(textsOf(result)).toMatch(says);
    expect(asked).toContain(question);
  });

  it(cites('relay.asking', 'is asked all questions of a modern server'), async () => {
    const before = asked.length;
    const result = await client.callTool({ name: 'modern_ask', arguments: { marker: 'x' } });
    expect(JSON.parse(textOf(result))).toEqual({ marker: 'x', one: 'answer to x one', two: 'answer to x two' });
    expect(asked.slice(before).filter((method) => method !== 'roots/list')).toEqual([
      'elicitation/create',
      'elicitation/create',
    ]);
  });
});

const textsOf = (result: unknown): string =>
  (result as { content: readonly { text?: string }[] }).content.map(({ text = '' }) => text).join('\n');
