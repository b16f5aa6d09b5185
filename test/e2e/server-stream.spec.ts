import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { events, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, connectSdk1Sse, connectSdk2 } from '../support/mcp-clients.js';
import { keepsState } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer, HttpUpstream } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

let gateway: GatewayProcess;
let upstreams: HttpUpstream[];
let alice: WireClient;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  upstreams = await Promise.all([HttpUpstream.start(), HttpUpstream.start('--sse-only')]);
  const rest = new RestClient(gateway.url);
  const [http, sse] = upstreams.map(({ url }) => ({ transportType: 'streamable_http' as const, url }));
  await rest.register({ name: 'stdio', ...keepsState(echoServer()) });
  await rest.register({ name: 'http', ...http! });
  await rest.register({ name: 'sse', ...sse! });
  await rest.tools();
  alice = new WireClient(gateway.url, { user: 'alice' });
});
afterAll(async () => {
  await gateway.dispose();
  await Promise.all(upstreams.map((upstream) => upstream.stop()));
});

const names = (tools: readonly { name: string }[]) => tools.map(({ name }) => name);
const target = () => ({ url: gateway.url, user: 'alice' });
const added = (server: string) => new RegExp(`^${server}_added_\\d+$`);

describe('GET /mcp', () => {
  it(cites('legacy.get.stream', 'opens one event stream a session, and another after its end'), async () => {
    const session = await alice.openSession();
    const [first, second] = [await alice.get({ session }), await alice.get({ session })];

    expect([first.status, second.status]).toEqual([200, 409]);
    expect(first.headers.get('content-type')).toBe('text/event-stream');
    expect(first.headers.get('cache-control')).toMatch(/no-store|no-cache/);
    await first.body!.cancel();
    expect((await alice.get({ session })).status).toBe(200);
  });

  it(cites('legacy.get.stream', 'carries messages of the server, and no answers to requests'), async () => {
    const session = await alice.openSession();
    const stream = events(await alice.get({ session }));
    const answer = await alice.post(request(1, 'tools/call', { name: 'stdio_change', arguments: {} }), { session });
    const changed = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    let isTold = false;
    for await (const { event, data } of stream) {
      expect(event).toBe('message');
      isTold = data === changed;
      if (isTold) break;
      // Replicas announce other lists, too, which may have changed.
      expect(JSON.parse(data)).toMatchObject({ method: expect.stringMatching(/list_changed$/) });
    }

    expect(isTold).toBe(true);
    expect(await answer.json()).toMatchObject({ id: 1, result: { content: [{ text: 'changed' }] } });
  });
});

interface Listening {
  listed(): Promise<string[]>;
  /** The tools that were listed at each notification. */
  readonly seen: readonly string[][];
  close(): Promise<void>;
}

/** Lists its tools whenever it is told that they have changed. */
function listening(
  client: { listTools(): Promise<{ tools: { name: string }[] }>; close(): Promise<void> },
  onChanged: (listener: () => Promise<void>) => void,
): Listening {
  const seen: string[][] = [];
  const listed = async (): Promise<string[]> => names((await client.listTools()).tools);
  onChanged(async () => void seen.push(await listed()));
  return { listed, seen, close: () => client.close() };
}

const sdk1 = async (connected: ReturnType<typeof connectSdk1 | typeof connectSdk1Sse>): Promise<Listening> => {
  const { client } = await connected;
  return listening(client, (listener) => client.setNotificationHandler(ToolListChangedNotificationSchema, listener));
};

const sdk2 = async (): Promise<Listening> => {
  const { client } = await connectSdk2(target(), 'legacy');
  return listening(client, (listener) => client.setNotificationHandler('notifications/tools/list_changed', listener));
};

describe('a tool that an upstream adds', () => {
  it.each(['stdio', 'http', 'sse'])(
    cites('legacy.get.list-changed', 'is announced to all who listen, and listed: upstream %s'),
    async (server) => {
      const clients = await Promise.all([sdk1(connectSdk1(target())), sdk1(connectSdk1Sse(target())), sdk2()]);
      const before = (await clients[0]!.listed()).filter((name) => added(server).test(name)).length;
      const change = { serverName: server, methodName: 'change', args: {} };
      expect((await new RestClient(gateway.url, { user: 'bob' }).callTool(change)).status).toBe(200);
      const isAdded = (listing: string[]): boolean =>
        listing.filter((name) => added(server).test(name)).length === before + 1;
      for (const { seen } of clients) {
        await eventually('it is told, and lists the tool at once', () => seen.some(isAdded));
      }
      await Promise.all(clients.map((client) => client.close()));
    },
  );
});
