import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as Sdk2Client, StreamableHTTPClientTransport as Sdk2Transport } from '@modelcontextprotocol/client';
import { callTool, events, type ServerEvent } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { deliverOneByOne, textOf } from '../support/mcp-clients.js';
import { metricOf } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

let gateway: GatewayProcess;
let alice: WireClient;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  const rest = new RestClient(gateway.url);
  await rest.register({ name: 'stdio', ...echoServer() });
  await rest.tools();
  alice = new WireClient(gateway.url, { user: 'alice' });
});
afterAll(() => gateway.dispose());

/** A network that breaks each answer to a POST after its first progress. */
function breaking(broken: string[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const isStream = response.headers.get('content-type') === 'text/event-stream';
    if (init?.method !== 'POST' || !isStream) return response;
    const decoder = new TextDecoder();
    const breaker = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        controller.enqueue(chunk);
        const text = decoder.decode(chunk);
        if (!text.includes('progress')) return;
        broken.push(text);
        controller.error(new Error('The network is gone'));
      },
    });
    return new Response(response.body!.pipeThrough(breaker), response);
  };
}

interface Caller {
  call(onprogress: (progress: { progress: number }) => void): Promise<unknown>;
  close(): Promise<void>;
}

const SLOW = { name: 'stdio_slow', arguments: { ms: 400, steps: 4 } };

async function sdk1(url: URL, through: typeof fetch): Promise<Caller> {
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StreamableHTTPClientTransport(url, { fetch: through });
  await client.connect(transport);
  deliverOneByOne(transport);
  return { call: (onprogress) => client.callTool(SLOW, undefined, { onprogress }), close: () => client.close() };
}

async function sdk2(url: URL, through: typeof fetch): Promise<Caller> {
  const client = new Sdk2Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } });
  const transport = new Sdk2Transport(url, { fetch: through });
  await client.connect(transport);
  deliverOneByOne(transport);
  return { call: (onprogress) => client.callTool(SLOW, { onprogress }), close: () => client.close() };
}

describe('a client whose connection breaks in mid-call', () => {
  it.each([
    ['SDK 1.32', sdk1],
    ['SDK 2.4', sdk2],
  ])(
    cites('legacy.resume.exactly', 'gets what it missed, each message once, and the result: %s'),
    async (_, connect) => {
      const broken: string[] = [];
      const client = await connect(new URL('/mcp?user=alice', gateway.url), breaking(broken));
      const seen: number[] = [];
      const result = await client.call(({ progress }) => seen.push(progress));

      expect(broken).toHaveLength(1);
      expect(textOf(result)).toBe('done');
      expect(seen).toEqual([1, 2, 3, 4]);
      await client.close();
    },
  );

  it(cites('legacy.resume.restart', 'finds it after kill -9 of the gateway too'), async () => {
    const session = await alice.openSession();
    const body = { ...callTool(1, SLOW.name, { ms: 100, steps: 3 }) };
    const params = { ...(body.params as object), _meta: { progressToken: 'token' } };
    const stream = events(await alice.post({ ...body, params }, { session }));
    const all: ServerEvent[] = [];
    for await (const event of stream) all.push(event);
    expect(all).toHaveLength(4);
    const resumed = async (after: string): Promise<ServerEvent[]> => {
      const response = await alice.get({ session, headers: { 'last-event-id': after } });
      expect(response.status).toBe(200);
      const replayed: ServerEvent[] = [];
      for await (const event of events(response)) replayed.push(event);
      return replayed;
    };
    expect(await resumed(all[1]!.id)).toEqual(all.slice(2));

    const toWrite = () => metricOf(gateway, 'manifold_queue_length', { queue: 'event_log' });
    await eventually('all events are written', async () => (await toWrite()) === 0);
    await gateway.kill9();
    await gateway.restart();
    expect(await resumed(all[0]!.id)).toEqual(all.slice(1));
    expect((await alice.get({ session, headers: { 'last-event-id': all[3]!.id } })).status).toBe(204);
    const other = await alice.openSession();
    expect((await alice.get({ session: other, headers: { 'last-event-id': all[0]!.id } })).status).toBe(400);
  });
});
