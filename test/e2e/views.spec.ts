import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { callTool, initialize, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, connectSdk1Sse, connectSdk2, textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

const OWN = ['enable-tools', 'search-tools', 'call-tool'];

let gateway: GatewayProcess;
let wire: WireClient;

beforeAll(async () => {
  gateway = await GatewayProcess.start({ sampleServer: true });
  wire = new WireClient(gateway.url, { user: 'alice' });
  const rest = new RestClient(gateway.url);
  await rest.register({ name: 'gmail', ...echoServer() });
  await rest.register({ name: 'my-notes', ...echoServer() });
});
afterAll(() => gateway.dispose());

interface Lists {
  listTools(): Promise<{ tools: { name: string }[] }>;
}
const namesOf = async (client: Lists): Promise<string[]> => (await client.listTools()).tools.map(({ name }) => name);
const at = (path: string, user = 'alice') => ({ url: gateway.url, path, user });

describe('apps=', () => {
  it.each([
    ['SDK 1.32', (query: string) => connectSdk1(at(`/mcp${query}`))],
    ['SDK 1.32 over HTTP+SSE', (query: string) => connectSdk1Sse(at(`/sse${query}`))],
    ['SDK 2.4 in the legacy era', (query: string) => connectSdk2(at(`/mcp${query}`), 'legacy')],
    ['SDK 2.4 in the modern era', (query: string) => connectSdk2(at(`/mcp${query}`), 'modern')],
  ])(
    cites('views.apps', 'views.hidden-calls', 'shows and calls the tools of the named apps only: %s'),
    async (_name, connect) => {
      const { client } = await connect('?apps=my-notes,nothing');
      const names = await namesOf(client);

      expect(names).toContain('my-notes_echo');
      expect(names.filter((name) => !name.startsWith('my-notes_'))).toEqual([]);
      const answer = await client.callTool({ name: 'my-notes_echo', arguments: { message: 'hello' } });
      expect(textOf(answer)).toBe('hello');
      await expect(client.callTool({ name: 'gmail_echo', arguments: { message: 'x' } })).rejects.toThrow(
        'Unknown tool',
      );
      await client.close();
    },
  );

  it(cites('views.apps', 'shows nothing of apps that do not exist'), async () => {
    const { client } = await connectSdk1(at('/mcp?apps=nothing'));
    expect(await namesOf(client)).toEqual([]);
    await client.close();
  });
});

describe('a view that is none', () => {
  it.each(['mode=other', 'mode=static&mode=dynamic', 'apps=', 'apps=a,,b', 'apps=a%0Ab', 'apps=a&apps=b'])(
    cites('views.bad-400', 'is refused with words: %s'),
    async (query) => {
      const field = query.split('=')[0]!;
      const answers = [
        await wire.post(initialize(), { path: `/mcp?${query}` }),
        await wire.modern({ id: 1, method: 'tools/list' }, { path: `/mcp?${query}` }),
        await wire.get({ path: `/sse?${query}` }),
      ];
      for (const answer of answers) {
        expect(answer.status).toBe(400);
        expect(await answer.json()).toMatchObject({
          jsonrpc: '2.0',
          error: { code: -32600, message: expect.stringContaining(field) },
        });
      }
    },
  );
});

describe('mode=dynamic', () => {
  it(
    cites(
      'dynamic.list',
      'dynamic.enable',
      'dynamic.list-changed',
      'views.restart',
      'enables tools for one session, which hears of it, and keeps them over kill -9',
    ),
    async () => {
      const { client, transport } = await connectSdk1(at('/mcp?mode=dynamic'));
      const { client: other } = await connectSdk1(at('/mcp?mode=dynamic'));
      const told = new Promise<void>((resolve) =>
        client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve()),
      );
      expect(await namesOf(client)).toEqual(OWN);

      const tools = ['gmail-echo', 'my-notes_echo', 'gmail_nothing'];
      const enabled = await client.callTool({ name: 'enable-tools', arguments: { tools } });
      expect(textOf(enabled)).toBe('Enabled tools: gmail_echo, my-notes_echo\nUnknown tools: gmail_nothing');
      await told;
      expect(await namesOf(client)).toEqual([...OWN, 'gmail_echo', 'my-notes_echo']);
      expect(textOf(await client.callTool({ name: 'gmail_echo', arguments: { message: 'hi' } }))).toBe('hi');
      await expect(client.callTool({ name: 'gmail_slow', arguments: {} })).rejects.toThrow('Unknown tool');
      expect(await namesOf(other)).toEqual(OWN);

      await client.callTool({ name: 'enable-tools', arguments: { tools: ['gmail_echo'] } });
      const session = transport.sessionId!;
      await gateway.kill9();
      await gateway.restart();
      const list = await wire.post(request(1, 'tools/list'), { session });
      const { result } = (await list.json()) as { result: { tools: { name: string }[] } };
      expect(result.tools.map(({ name }) => name)).toEqual([...OWN, 'gmail_echo']);
      await Promise.all([client.close(), other.close()]);
    },
  );

  it.each(['legacy', 'modern'] as const)(
    cites('dynamic.search-and-call', 'finds and calls tools that are not enabled: %s era'),
    async (era) => {
      const { client } = await connectSdk2(at('/mcp?mode=dynamic&apps=gmail,my-notes'), era);
      const search = { name: 'search-tools', arguments: { query: 'echo in my notes', limit: 3 } };
      const { tools } = JSON.parse(textOf(await client.callTool(search))) as { tools: Record<string, unknown>[] };
      expect(tools[0]).toMatchObject({ name: 'my-notes_echo', inputSchema: { type: 'object' } });

      const call = { name: 'call-tool', arguments: { name: 'my-notes_echo', arguments: { message: 'found' } } };
      expect(textOf(await client.callTool(call))).toBe('found');
      const hidden = { name: 'call-tool', arguments: { name: 'everything_echo', arguments: { message: 'x' } } };
      expect(await client.callTool(hidden)).toMatchObject({ isError: true });
      await client.close();
    },
  );

  it(cites('dynamic.stateless', 'lists the same to every stateless client, and explains enable-tools'), async () => {
    const path = '/mcp?mode=dynamic';
    const list = await (await wire.modern({ id: 1, method: 'tools/list' }, { path })).json();
    expect(list).toMatchObject({ result: { tools: [{ name: 'search-tools' }, { name: 'call-tool' }] } });
    const { id, method, params } = callTool(2, 'enable-tools', { tools: ['gmail_echo'] });
    const answer = await (await wire.modern({ id, method, params }, { path })).json();
    expect(answer).toMatchObject({
      result: { isError: true, content: [{ text: expect.stringContaining('call-tool') }] },
    });
  });
});
