import { events, initialize, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { WireClient } from '../support/wire-client.js';

const PING = request('p', 'ping');

/** An open stream, and the URL that it named. */
async function connect(client: WireClient, url: string) {
  const abort = new AbortController();
  const response = await client.get({ path: '/sse', signal: abort.signal });
  const stream = events(response);
  const { value: first } = await stream.next();
  const endpoint = new URL(first!.data, url);
  const next = async () => JSON.parse((await stream.next()).value!.data) as Record<string, unknown>;
  return { response, first: first!, endpoint, path: endpoint.pathname + endpoint.search, next, abort };
}

describe('HTTP+SSE', () => {
  let gateway: GatewayProcess;
  let alice: WireClient;
  let bob: WireClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start();
    alice = new WireClient(gateway.url, { user: 'alice' });
    bob = new WireClient(gateway.url, { user: 'bob' });
  });
  afterAll(() => gateway.dispose());

  it(cites('sse.roundtrip', 'names the endpoint first, and answers on the stream'), async () => {
    const { response, first, endpoint, path, next, abort } = await connect(alice, gateway.url);

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(first.event).toBe('endpoint');
    expect(endpoint.origin).toBe(gateway.url);
    const accepted = await alice.post(initialize('2024-11-05'), { path });
    expect(accepted.status).toBe(202);
    expect(await next()).toMatchObject({ jsonrpc: '2.0', id: 0, result: { protocolVersion: '2024-11-05' } });
    await alice.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, { path });
    await alice.post(request(1, 'no/such'), { path });
    expect(await next()).toMatchObject({ id: 1, error: { code: -32601 } });
    abort.abort();
  });

  it(cites('sse.roundtrip', 'answers each client on its own stream'), async () => {
    const streams = await Promise.all([connect(alice, gateway.url), connect(alice, gateway.url)]);
    await Promise.all(streams.map(({ path }, index) => alice.post(request(index, 'ping'), { path })));

    expect(await Promise.all(streams.map(({ next }) => next()))).toMatchObject([{ id: 0 }, { id: 1 }]);
    for (const { abort } of streams) abort.abort();
  });

  it.each(['/messages', '/sse/messages'])(
    cites('sse.messages-paths', 'takes messages at %s with 202'),
    async (pathname) => {
      const { endpoint, next, abort } = await connect(alice, gateway.url);
      const response = await alice.post(PING, { path: pathname + endpoint.search });

      expect(response.status).toBe(202);
      expect(await next()).toEqual({ jsonrpc: '2.0', id: 'p', result: {} });
      abort.abort();
    },
  );

  it(cites('sse.session.foreign-404', "refuses messages to another user's stream, and to none"), async () => {
    const { endpoint, next, abort } = await connect(alice, gateway.url);
    const sessionId = endpoint.searchParams.get('sessionId')!;
    const statusFor = async (client: WireClient, id: string) =>
      (await client.post(request('foreign', 'ping'), { path: `/messages?sessionId=${id}` })).status;

    expect(await statusFor(bob, sessionId)).toBe(404);
    expect(await statusFor(alice, 'A'.repeat(43))).toBe(404);
    expect((await alice.post(PING, { path: '/messages' })).status).toBe(404);
    await alice.post(PING, { path: `/messages?sessionId=${sessionId}` });
    expect(await next()).toMatchObject({ id: 'p' }); // nothing of bob's came before it
    abort.abort();
  });
});

it(cites('sse.switch-off', 'HTTP+SSE is not there where ENABLE_LEGACY_SSE is false, and the rest is'), async () => {
  const gateway = await GatewayProcess.start({ env: { ENABLE_LEGACY_SSE: 'false' } });
  try {
    const client = new WireClient(gateway.url);
    const statuses = [
      await client.get({ path: '/sse' }),
      await client.post(PING, { path: '/messages?sessionId=x' }),
      await client.post(PING, { path: '/sse/messages?sessionId=x' }),
    ].map(({ status }) => status);

    expect(statuses).toEqual([404, 404, 404]);
    expect((await client.post(PING, { session: await client.openSession() })).status).toBe(200);
  } finally {
    await gateway.dispose();
  }
});
