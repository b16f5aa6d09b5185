import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, connectSdk1Sse, connectSdk2, textOf } from '../support/mcp-clients.js';
import { metricOf } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  await new RestClient(gateway.url).register({ name: 'one', ...echoServer() });
});
afterAll(() => gateway.dispose());

const PING = request(1, 'ping');
const RESTARTS: [string, string, () => Promise<void>][] = [
  ['a stop', 'after-stop', () => gateway.stop()],
  ['a kill -9', 'after-kill', () => gateway.kill9()],
];
const echo = (message: string) => ({ name: 'one_echo', arguments: { message } });

/** Clients as they are when the gateway ends. */
async function connectAll() {
  const alice = new WireClient(gateway.url, { user: 'alice' });
  const old = await alice.openSession('2025-03-26');
  const ended = await alice.openSession();
  await alice.delete({ session: ended });
  const clients = {
    sdk1: await connectSdk1({ url: gateway.url, user: 'alice' }),
    sdk2: await connectSdk2({ url: gateway.url, user: 'bob' }, 'legacy'),
    sse: await connectSdk1Sse({ url: gateway.url, user: 'alice' }),
    listening: await listeningClient(),
  };
  await openStreams(4);
  return { ...clients, alice, old, ended };
}

describe.each(RESTARTS)('over %s and a start of the gateway a session', (_, addedServer, end) => {
  let clients: Awaited<ReturnType<typeof connectAll>>;
  let ids: (string | undefined)[];
  const sessionIds = () => [clients.sdk1, clients.sdk2, clients.listening].map(({ transport }) => transport.sessionId);

  beforeAll(async () => {
    clients = await connectAll();
    ids = sessionIds();
    expect(textOf(await clients.sdk1.client.callTool(echo('before')))).toBe('before');
    await end();
    await gateway.restart();
  });
  afterAll(() =>
    Promise.all([clients.sdk1, clients.sdk2, clients.sse, clients.listening].map((c) => c.client.close())),
  );

  it(cites('legacy.session.restart', 'goes on for clients of both SDKs, which do not notice'), async () => {
    const { sdk1, sdk2 } = clients;

    expect(textOf(await sdk1.client.callTool(echo('alice')))).toBe('alice');
    expect(textOf(await sdk2.client.callTool(echo('bob')))).toBe('bob');
    expect((await sdk1.client.listTools()).tools.map(({ name }) => name)).toContain('one_echo');
  });

  it(cites('legacy.session.restart', 'keeps its revision and its owner, and an ended one stays ended'), async () => {
    const { alice, old, ended } = clients;
    const bob = new WireClient(gateway.url, { user: 'bob' });

    expect((await bob.post(PING, { session: old })).status).toBe(404);
    expect((await alice.post(PING, { session: ended })).status).toBe(404);
    expect((await alice.post([PING], { session: old })).status).toBe(200); // only 2025-03-26 has batches
  });

  it(cites('legacy.session.restart', 'brings its open stream back: what changes then is heard'), async () => {
    const rest = new RestClient(gateway.url);
    await rest.register({ name: addedServer, ...echoServer() });
    await eventually('what changes is heard again', async () => {
      // Until the client is back, nobody hears of a change: there has to be one afterwards.
      await rest.callTool({ serverName: 'one', methodName: 'change', args: {} });
      return clients.listening.heard.has(`${addedServer}_echo`);
    });

    expect(sessionIds()).toEqual(ids);
  });

  it(cites('legacy.session.restart', 'comes back by itself for a client of HTTP+SSE'), async () => {
    const answer = await eventually('the stream is open again', () =>
      clients.sse.client.callTool(echo('again')).catch(() => undefined),
    );

    expect(textOf(answer)).toBe('again');
  });
});

/** A client that goes on knocking for as long as a start takes on a busy machine. */
async function listeningClient() {
  const delays = { initialReconnectionDelay: 100, maxReconnectionDelay: 100, reconnectionDelayGrowFactor: 1 };
  const reconnectionOptions = { ...delays, maxRetries: 1000 };
  const transport = new StreamableHTTPClientTransport(new URL('/mcp?user=alice', gateway.url), { reconnectionOptions });
  const client = new Client({ name: 'listener', version: '1' });
  const heard = new Set<string>();
  client.setNotificationHandler(ToolListChangedNotificationSchema, async () => {
    for (const { name } of (await client.listTools()).tools) heard.add(name);
  });
  await client.connect(transport);
  return { client, transport, heard };
}

const openStreams = (count: number) =>
  eventually(`${count} streams are open`, async () => (await metricOf(gateway, 'manifold_event_streams')) >= count);
