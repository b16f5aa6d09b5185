import { request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, connectSdk1Sse, connectSdk2, textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer, HttpUpstream } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

const OWN_TOOLS = ['echo', 'received', 'slow', 'cancelled', 'crash', 'environment', 'change', 'unknown_fields'];
const SERVERS = ['stdio', 'http', 'sse'];

type Message = { result?: Record<string, unknown>; error?: Record<string, unknown> };
interface Tool {
  readonly name: string;
}

let gateway: GatewayProcess;
let upstreams: HttpUpstream[];
let client: WireClient;
let session: string;

beforeAll(async () => {
  gateway = await GatewayProcess.start({ sampleServer: true });
  upstreams = await Promise.all([HttpUpstream.start('--page-size=3'), HttpUpstream.start('--sse-only')]);
  const rest = new RestClient(gateway.url);
  await rest.register({ name: 'stdio', ...echoServer('--page-size=2') });
  await rest.register({ name: 'http', transportType: 'streamable_http', url: upstreams[0]!.url });
  await rest.register({ name: 'sse', transportType: 'streamable_http', url: upstreams[1]!.url });
  client = new WireClient(gateway.url);
  session = await client.openSession();
});
afterAll(async () => {
  await gateway.dispose();
  await Promise.all(upstreams.map((upstream) => upstream.stop()));
});

const ask = async (method: string, params?: object): Promise<Message> =>
  (await (await client.post(request(1, method, params), { session })).json()) as Message;
const call = (name: string, args: object = {}) => ask('tools/call', { name, arguments: args });
const modernCall = async (name: string): Promise<Message> => {
  const response = await client.modern({ id: 1, method: 'tools/call', params: { name, arguments: {} } });
  return (await response.json()) as Message;
};

describe('tools/list', () => {
  it(cites('tools.list.all-servers', 'shows every client the tools of all servers by public names'), async () => {
    const target = { url: gateway.url };
    const connected = await Promise.all([
      connectSdk1(target),
      connectSdk1Sse(target),
      connectSdk2(target, 'legacy'),
      connectSdk2(target, 'modern'),
    ]);
    const wanted = SERVERS.flatMap((server) => OWN_TOOLS.map((tool) => `${server}_${tool}`));

    for (const { client } of connected) {
      const names = (await client.listTools()).tools.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining([...wanted, 'everything_echo']));
      expect(new Set(names).size).toBe(names.length);
      await client.close();
    }
  });

  it.each(['1', 'AAAA', ' '])(
    cites('tools.list.bad-cursor', 'answers -32602 to the cursor "%s", which it never gave out'),
    async (cursor) => {
      expect((await ask('tools/list', { cursor })).error).toMatchObject({ code: -32602 });
      const modern = await client.modern({ id: 1, method: 'tools/list', params: { cursor } });
      expect(await modern.json()).toMatchObject({ error: { code: -32602 } });
    },
  );
});

describe('tools/call', () => {
  it.each(SERVERS)(cites('tools.call.result', 'answers what the upstream answered: %s'), async (server) => {
    const message = 'grüße 🎈\u2028 "\\ \u0000';

    expect(await call(`${server}_echo`, { message })).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: { content: [{ type: 'text', text: message }] },
    });
  });

  it.each(['nothing', 'stdio_nothing', 'echo', 'stdio', 'stdio.echo', '__proto__'])(
    cites('tools.call.unknown-tool', 'answers -32602 to the unknown tool "%s"'),
    async (name) => {
      expect((await call(name)).error).toMatchObject({ code: -32602 });
      expect((await modernCall(name)).error).toMatchObject({ code: -32602 });
    },
  );

  it(cites('tools.call.upstream-error', 'tells the model of a server that crashes in mid-call'), async () => {
    const { result } = await call('stdio_crash');

    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: expect.stringMatching(/\w+ \w+/) }],
    });
    expect(await call('stdio_echo', { message: 'back' })).toMatchObject({ result: { content: [{ text: 'back' }] } });
  });

  it(cites('tools.call.upstream-error', 'tells the model of a server that cannot be started'), async () => {
    const rest = new RestClient(gateway.url);
    await rest.register({ name: 'frail', ...echoServer() });
    await rest.tools();
    await rest.update('frail', { command: '/no/such/program' });

    const answers = [await call('frail_echo', { message: 'x' }), await modernCall('frail_echo')];
    for (const { result } of answers) {
      expect(result).toMatchObject({
        isError: true,
        content: [{ type: 'text', text: expect.stringContaining('frail') }],
      });
    }
    expect(textOf((await call('http_echo', { message: 'well' })).result)).toBe('well');
  });
});

describe.each(SERVERS)('an unknown field, from the upstream %s', (server) => {
  const name = `${server}_unknown_fields`;
  const KNOWN_TO_NOBODY = {
    content: [{ type: 'text', text: 'known', x_content: { nested: ['kept'] } }],
    x_result: 'kept',
    _meta: { 'example.com/result': { nested: ['kept'] } },
  };
  const DEFINITION = {
    name,
    description: 'Answers with fields that nobody knows',
    inputSchema: { type: 'object', properties: {}, required: [] },
    annotations: { readOnlyHint: true, x_annotation: 'kept' },
    x_tool: { nested: ['kept'] },
    _meta: { 'example.com/tool': 'kept' },
  };
  const find = ({ result }: Message) => (result!.tools as Tool[]).find((tool) => tool.name === name);

  it(cites('tools.call.raw', 'survives in definitions of tools, in both eras'), async () => {
    const modern = await client.modern({ id: 1, method: 'tools/list' });

    expect(find(await ask('tools/list'))).toEqual(DEFINITION);
    expect(find((await modern.json()) as Message)).toEqual(DEFINITION);
  });

  it(cites('tools.call.raw', 'survives in results, in both eras'), async () => {
    expect((await call(name)).result).toEqual(KNOWN_TO_NOBODY);
    const { result } = await modernCall(name);
    expect(result).toMatchObject(KNOWN_TO_NOBODY);
    expect(result!.content).toEqual(KNOWN_TO_NOBODY.content);
  });

  it(cites('tools.list.bad-cursor', 'takes an empty cursor for none'), async () => {
    expect((await ask('tools/list', { cursor: '' })).result).toHaveProperty('tools');
    const modern = await client.modern({ id: 1, method: 'tools/list', params: { cursor: '' } });
    expect(await modern.json()).toMatchObject({ result: { tools: expect.any(Array) } });
  });
});
