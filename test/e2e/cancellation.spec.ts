import { join } from 'node:path';
import { callTool, events, messages, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { readJournal } from '../support/journal.js';
import { connectSdk1, connectSdk1Sse, connectSdk2 } from '../support/mcp-clients.js';
import { keepsState } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer, HttpUpstream } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

const SERVERS = ['stdio', 'http', 'sse'];
/** Longer than a test may take: only a cancellation ends it. */
const ENDLESS = { ms: 120_000, steps: 1 };

let gateway: GatewayProcess;
let upstreams: HttpUpstream[];
let wire: WireClient;
let rest: RestClient;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  upstreams = await Promise.all([HttpUpstream.start(ledger('http')), HttpUpstream.start('--sse-only', ledger('sse'))]);
  rest = new RestClient(gateway.url);
  await rest.register({ name: 'stdio', ...keepsState(echoServer(ledger('stdio'))) });
  await rest.register({ name: 'http', transportType: 'streamable_http', url: upstreams[0]!.url });
  await rest.register({ name: 'sse', transportType: 'streamable_http', url: upstreams[1]!.url });
  await rest.tools();
  wire = new WireClient(gateway.url, { user: 'alice' });
});
afterAll(async () => {
  await gateway.dispose();
  await Promise.all(upstreams.map((upstream) => upstream.stop()));
});

const ledgerOf = (server: string) => join(gateway.dataDir, `${server}.ledger`);
const ledger = (server: string) => `--ledger=${ledgerOf(server)}`;

/** How many calls were cancelled, as the upstream itself counted. */
async function cancelledAt(server: string): Promise<number> {
  const { body } = await rest.callTool({ serverName: server, methodName: 'cancelled', args: {} });
  return Number((body.data.content as { text: string }[])[0]!.text);
}

const slowCallsAt = (server: string) => readJournal(ledgerOf(server)).filter(({ tool }) => tool === 'slow').length;

const oneMoreAt = (server: string, before: number) =>
  eventually(`a call is cancelled at ${server}`, async () => (await cancelledAt(server)) === before + 1);

const notCancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'other' } };
const cancelled = (requestId: string | number) => ({ ...notCancelled, params: { requestId, reason: 'enough' } });

interface Caller {
  call(name: string, signal: AbortSignal, onprogress: () => void): Promise<unknown>;
  close(): Promise<void>;
}

async function sdk1(connected: ReturnType<typeof connectSdk1 | typeof connectSdk1Sse>): Promise<Caller> {
  const { client } = await connected;
  return {
    call: (name, signal, onprogress) =>
      client.callTool({ name, arguments: ENDLESS }, undefined, { signal, onprogress }),
    close: () => client.close(),
  };
}

async function sdk2(era: 'legacy' | 'modern'): Promise<Caller> {
  const { client } = await connectSdk2({ url: gateway.url }, era);
  return {
    call: (name, signal, onprogress) => client.callTool({ name, arguments: ENDLESS }, { signal, onprogress }),
    close: () => client.close(),
  };
}

const LEGACY_CLIENTS: [string, () => Promise<Caller>][] = [
  ['SDK 1.32 over Streamable HTTP', () => sdk1(connectSdk1({ url: gateway.url }))],
  ['SDK 1.32 over HTTP+SSE', () => sdk1(connectSdk1Sse({ url: gateway.url }))],
  ['SDK 2.4 in the legacy era', () => sdk2('legacy')],
];

/** Cancels each call when its first progress shows that it runs. */
async function cancelEverywhere(caller: Caller): Promise<void> {
  for (const server of SERVERS) {
    const before = await cancelledAt(server);
    const abort = new AbortController();
    await expect(caller.call(`${server}_slow`, abort.signal, () => abort.abort())).rejects.toThrow();
    await oneMoreAt(server, before);
  }
  await caller.close();
}

describe('a client that cancels a call', () => {
  it.each(LEGACY_CLIENTS)(cites('legacy.cancel', 'reaches every kind of upstream: %s'), async (_, connect) => {
    await cancelEverywhere(await connect());
  });

  it(cites('modern.close-cancels', 'reaches every kind of upstream: SDK 2.4 in the modern era'), async () => {
    await cancelEverywhere(await sdk2('modern'));
  });
});

describe.each(SERVERS)('on the wire, with the upstream %s,', (server) => {
  it(cites('legacy.cancel', 'the cancelled call gets no result, and the others go on'), async () => {
    const session = await wire.openSession();
    const before = await cancelledAt(server);
    const streamed = await wire.post(callTool(1, `${server}_slow`, ENDLESS, 'token'), { session });
    const other = wire.post(callTool('1', `${server}_slow`, { ms: 300, steps: 1 }), { session });
    await wire.post(notCancelled, { session });
    const answer = await wire.post(cancelled(1), { session });

    expect(answer.status).toBe(202);
    const seen = await messages(streamed);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: 'notifications/progress', params: { progress: 1 } });
    await oneMoreAt(server, before);
    expect(await (await other).json()).toMatchObject({ id: '1', result: { content: [{ text: 'done' }] } });
  });

  it(cites('legacy.cancel', 'another session with the same request id cancels nothing'), async () => {
    const [session, foreign] = [await wire.openSession(), await wire.openSession()];
    const call = wire.post(callTool(1, `${server}_slow`, { ms: 300, steps: 1 }), { session });
    await wire.post(cancelled(1), { session: foreign });

    expect(await (await call).json()).toMatchObject({ id: 1, result: { content: [{ text: 'done' }] } });
  });

  it(cites('legacy.cancel.disconnect-is-none', 'a call goes on when its client disconnects'), async () => {
    const session = await wire.openSession();
    const before = await cancelledAt(server);
    const abort = new AbortController();
    const requestId = `left-${server}`;
    const options = { session, signal: abort.signal, headers: { 'x-request-id': requestId } };
    const stream = events(await wire.post(callTool(1, `${server}_slow`, { ms: 500, steps: 2 }, 't'), options));
    await stream.next(); // it runs
    abort.abort();
    const line = await eventually('the call has ended', () =>
      gateway
        .logs()
        .split('\n')
        .find((text) => text.includes('"tool call"') && text.includes(requestId)),
    );

    expect(JSON.parse(line)).toMatchObject({ requestId, tool: 'slow', outcome: 'ok' });
    expect(await cancelledAt(server)).toBe(before);
  });

  it.each([
    ['with progress', { progressToken: 1 }],
    ['without progress', {}],
  ])(cites('modern.close-cancels', 'closing a stateless answer cancels its call: %s'), async (_, meta) => {
    const [before, arrived] = [await cancelledAt(server), slowCallsAt(server)];
    const abort = new AbortController();
    const params = { name: `${server}_slow`, arguments: ENDLESS };
    const call = wire.modern({ id: 1, method: 'tools/call', params }, { meta, signal: abort.signal });
    if ('progressToken' in meta) await events(await call).next();
    else await eventually('the call has arrived', () => slowCallsAt(server) > arrived);
    abort.abort();
    await call.catch(() => undefined);

    await oneMoreAt(server, before);
  });
});

it(cites('legacy.cancel', 'over HTTP+SSE the cancelled call gets no result either'), async () => {
  const before = await cancelledAt('stdio');
  const abort = new AbortController();
  const stream = events(await wire.get({ path: '/sse', signal: abort.signal }));
  const next = async () => (await stream.next()).value!.data;
  const path = await next();
  await wire.post(callTool(1, 'stdio_slow', ENDLESS, 'token'), { path });
  expect(JSON.parse(await next())).toMatchObject({ params: { progressToken: 'token', progress: 1 } });
  await wire.post(cancelled(1), { path });
  await oneMoreAt('stdio', before);
  await wire.post(request(2, 'ping'), { path });

  expect(JSON.parse(await next())).toEqual({ jsonrpc: '2.0', id: 2, result: {} });
  abort.abort();
});
