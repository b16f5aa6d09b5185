import { initialize, messages, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { WireClient } from '../support/wire-client.js';

/** Looks like a session id of the gateway. */
const NEVER_GIVEN = 'A'.repeat(43);
const PING = request(1, 'ping');

let gateway: GatewayProcess;
let alice: WireClient;
let bob: WireClient;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  alice = new WireClient(gateway.url, { user: 'alice' });
  bob = new WireClient(gateway.url, { user: 'bob' });
});
afterAll(() => gateway.dispose());

/** Every way to use a session. */
async function statuses(client: WireClient, session?: string): Promise<number[]> {
  const responses = [
    await client.post(PING, { session }),
    await client.get({ session }),
    await client.delete({ session }),
  ];
  await Promise.all(responses.map((response) => response.body?.cancel()));
  return responses.map(({ status }) => status);
}

describe('initialize', () => {
  it.each([
    ['2024-11-05', '2024-11-05'],
    ['2025-03-26', '2025-03-26'],
    ['2025-06-18', '2025-06-18'],
    ['2025-11-25', '2025-11-25'],
    ['2026-07-28', '2025-11-25'],
    ['1999-01-01', '2025-11-25'],
  ])(cites('legacy.initialize.negotiates', 'asked for %s it answers %s'), async (asked, answered) => {
    const response = await alice.post(initialize(asked));

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      id: 0,
      result: { protocolVersion: answered, capabilities: { tools: {} }, serverInfo: { name: 'manifold' } },
    });
  });

  it(cites('legacy.initialize.session', 'gives a new session id of visible ASCII each time'), async () => {
    const ids = [await alice.openSession(), await alice.openSession(), await bob.openSession()];

    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]{16,}$/);
  });
});

describe('a session', () => {
  it(cites('legacy.session.missing-400', 'has to be named by every request but initialize'), async () => {
    expect(await statuses(alice)).toEqual([400, 400, 400]);
    expect((await alice.post(request(2, 'tools/list'))).status).toBe(400);
  });

  it.each(['unknown', NEVER_GIVEN, 'x'.repeat(2000)])(
    cites('legacy.session.unknown-404', 'that was never given out is not found'),
    async (session) => {
      expect(await statuses(alice, session)).toEqual([404, 404, 404]);
    },
  );

  it(cites('legacy.session.foreign-404', 'of another user is not found, and goes on for its own'), async () => {
    const session = await alice.openSession();

    expect(await statuses(bob, session)).toEqual([404, 404, 404]);
    expect(await (await alice.post(PING, { session })).json()).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
  });

  it(
    cites(
      'legacy.session.delete',
      'legacy.session.unknown-404',
      'ends with DELETE, its stream with it, and is not found afterwards',
    ),
    async () => {
      const [session, other] = [await alice.openSession(), await alice.openSession()];
      const stream = await alice.get({ session });
      expect(stream.status).toBe(200);
      const deleted = await alice.delete({ session });

      expect(deleted.ok).toBe(true);
      expect(await messages(stream)).toEqual([]);
      expect(await statuses(alice, session)).toEqual([404, 404, 404]);
      expect((await alice.post(PING, { session: other })).status).toBe(200);
    },
  );
});

describe('MCP-Protocol-Version', () => {
  const batch = [request('a', 'ping'), request('b', 'ping')];

  it.each(['2024-01-01', 'latest', ''])(
    cites('legacy.version.unsupported-400', 'is answered 400 on every method when it is "%s"'),
    async (version) => {
      const options = { session: await alice.openSession(), headers: { 'mcp-protocol-version': version } };
      const responses = [await alice.post(PING, options), await alice.get(options), await alice.delete(options)];

      expect(responses.map(({ status }) => status)).toEqual([400, 400, 400]);
      expect(await responses[0]!.json()).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
      expect((await alice.post(PING, { session: options.session })).status).toBe(200);
    },
  );

  // Batches are what tells the revisions apart.
  it(cites('legacy.version.absent', 'is the negotiated revision when it is absent'), async () => {
    const answers = ['2025-03-26', '2025-06-18', '2025-11-25'].map(async (revision) => {
      const response = await alice.post(batch, { session: await alice.openSession(revision) });
      return [revision, response.status];
    });

    expect(Object.fromEntries(await Promise.all(answers))).toEqual({
      '2025-03-26': 200,
      '2025-06-18': 400,
      '2025-11-25': 400,
    });
  });
});
