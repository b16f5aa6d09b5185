import { setTimeout as pause } from 'node:timers/promises';
import { initialize, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1Sse } from '../support/mcp-clients.js';
import { WireClient } from '../support/wire-client.js';

const PING = request(1, 'ping');
/** Much longer than a busy machine holds a request up: a session that is used must not seem idle. */
const IDLE_MS = 6_000;

describe('a session without requests and streams', () => {
  let gateway: GatewayProcess;
  let client: WireClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { MCP_SESSION_IDLE_TIMEOUT_MS: String(IDLE_MS) } });
    client = new WireClient(gateway.url);
  });
  afterAll(() => gateway.dispose());

  const status = async (session: string) => (await client.post(PING, { session })).status;

  /** Asked for without touching a session, which would keep it alive. */
  async function sessions(): Promise<number> {
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    return Number(/^manifold_sessions(?:\{.*\})? (\d+)$/m.exec(metrics)![1]);
  }

  it(cites('legacy.session.idle', 'ends after the idle timeout; a used and a listening one go on'), async () => {
    const [idle, used, listening] = [
      await client.openSession(),
      await client.openSession(),
      await client.openSession(),
    ];
    const stream = await client.get({ session: listening });
    expect(await sessions()).toBe(3);
    await eventually('the idle session has ended', async () => {
      expect(await status(used)).toBe(200);
      return (await sessions()) === 2;
    });

    expect(await status(idle)).toBe(404);
    expect(await status(used)).toBe(200);
    expect(await status(listening)).toBe(200);
    await stream.body!.cancel();
    await eventually('the others have ended too', async () => (await sessions()) === 0);
    expect([await status(used), await status(listening)]).toEqual([404, 404]);
  });

  it(cites('legacy.session.idle', 'does not come back with a restart of the gateway'), async () => {
    const session = await client.openSession();
    await eventually('the session has ended', async () => (await sessions()) === 0);
    await gateway.kill9();
    await gateway.restart();

    expect(await status(session)).toBe(404);
  });
});

describe('a session that two replicas know', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ replicas: 2, env: { MCP_SESSION_IDLE_TIMEOUT_MS: String(IDLE_MS) } });
  });
  afterAll(() => gateway.dispose());

  it(cites('legacy.session.idle', 'goes on while one of them serves it, and ends at both when none does'), async () => {
    const [one, other] = gateway.replicas.map(({ url }) => new WireClient(url)) as [WireClient, WireClient];
    const session = await one.openSession();
    expect((await other.post(PING, { session })).status).toBe(200);
    for (const end = Date.now() + 2 * IDLE_MS; Date.now() < end; await pause(IDLE_MS / 10)) {
      expect((await one.post(PING, { session })).status).toBe(200);
    }
    expect((await other.post(PING, { session })).status).toBe(200);

    await pause(3 * IDLE_MS);
    const statuses = [one, other].map(async (client) => (await client.post(PING, { session })).status);
    expect(await Promise.all(statuses)).toEqual([404, 404]);
  });
});

describe('the limit of sessions', () => {
  let gateway: GatewayProcess;
  let client: WireClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { MCP_MAX_SESSIONS: '2' } });
    client = new WireClient(gateway.url);
  });
  afterAll(() => gateway.dispose());

  it(
    cites('legacy.session.limit', 'is answered 503 with Retry-After, counts both transports, and frees what ends'),
    async () => {
      const session = await client.openSession();
      const oldest = await connectSdk1Sse({ url: gateway.url });
      const refused = [await client.post(initialize()), await client.get({ path: '/sse' })];

      for (const response of refused) {
        expect(response.status).toBe(503);
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(response.headers.get('mcp-session-id')).toBeNull();
        expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
      }
      expect((await client.post(PING, { session })).status).toBe(200);
      expect((await client.modern({ id: 1, method: 'server/discover' })).status).toBe(200);
      await client.delete({ session });
      const next = await client.openSession();
      await oldest.client.close();
      await eventually('the place of the HTTP+SSE session is free', async () => {
        return (await client.post(initialize())).status === 200;
      });
      expect((await client.post(PING, { session: next })).status).toBe(200);
    },
  );
});
