import { callTool, messages } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, connectSdk1Sse, connectSdk2, deliverOneByOne, textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer, HttpUpstream } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

const SERVERS = ['stdio', 'http', 'sse'];
const STEPS = 4;
const ARGUMENTS = { ms: 200, steps: STEPS };

let gateway: GatewayProcess;
let upstreams: HttpUpstream[];
let wire: WireClient;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  upstreams = await Promise.all([HttpUpstream.start(), HttpUpstream.start('--sse-only')]);
  const rest = new RestClient(gateway.url);
  await rest.register({ name: 'stdio', ...echoServer() });
  await rest.register({ name: 'http', transportType: 'streamable_http', url: upstreams[0]!.url });
  await rest.register({ name: 'sse', transportType: 'streamable_http', url: upstreams[1]!.url });
  await rest.tools();
  wire = new WireClient(gateway.url, { user: 'alice' });
});
afterAll(async () => {
  await gateway.dispose();
  await Promise.all(upstreams.map((upstream) => upstream.stop()));
});

interface Progress {
  readonly progress: number;
}

interface Caller {
  call(name: string, onprogress: (progress: Progress) => void): Promise<unknown>;
  close(): Promise<void>;
}

async function sdk1(connected: ReturnType<typeof connectSdk1 | typeof connectSdk1Sse>): Promise<Caller> {
  const { client, transport } = await connected;
  deliverOneByOne(transport);
  return {
    call: (name, onprogress) => client.callTool({ name, arguments: ARGUMENTS }, undefined, { onprogress }),
    close: () => client.close(),
  };
}

async function sdk2(user: string, era: 'legacy' | 'modern'): Promise<Caller> {
  const { client, transport } = await connectSdk2({ url: gateway.url, user }, era);
  deliverOneByOne(transport);
  return {
    call: (name, onprogress) => client.callTool({ name, arguments: ARGUMENTS }, { onprogress }),
    close: () => client.close(),
  };
}

const CLIENTS: [string, (user: string) => Promise<Caller>][] = [
  ['SDK 1.32 over Streamable HTTP', (user) => sdk1(connectSdk1({ url: gateway.url, user }))],
  ['SDK 1.32 over HTTP+SSE', (user) => sdk1(connectSdk1Sse({ url: gateway.url, user }))],
  ['SDK 2.4 in the legacy era', (user) => sdk2(user, 'legacy')],
  ['SDK 2.4 in the modern era', (user) => sdk2(user, 'modern')],
];

describe('progress', () => {
  it.each(CLIENTS)(
    cites('tools.progress', 'reaches %s in order and before the result, from every kind of upstream at once'),
    async (_, connect) => {
      const caller = await connect('alice');
      const runs = await Promise.all(
        SERVERS.map(async (server) => {
          const seen: (number | string)[] = [];
          const result = await caller.call(`${server}_slow`, ({ progress }) => seen.push(progress));
          seen.push(textOf(result));
          return seen;
        }),
      );

      expect(runs).toEqual(SERVERS.map(() => [1, 2, 3, 4, 'done']));
      await caller.close();
    },
  );

  it(cites('tools.progress', 'of users who call at the same time does not get mixed up'), async () => {
    const callers = await Promise.all(CLIENTS.map(([, connect], index) => connect(`user-${index}`)));
    const runs = await Promise.all(
      callers.map(async (caller) => {
        const seen: number[] = [];
        await caller.call('stdio_slow', ({ progress }) => seen.push(progress));
        return seen;
      }),
    );

    expect(runs).toEqual(callers.map(() => [1, 2, 3, 4]));
    await Promise.all(callers.map((caller) => caller.close()));
  });
});

const expected = (progressToken: string | number) =>
  [1, 2, 3, 4].map((progress) => ({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken, progress, total: STEPS, message: `step ${progress}`, x_progress: 'kept' },
  }));

describe.each(SERVERS)('on the wire, from the upstream %s', (server) => {
  it(
    cites(
      'tools.progress',
      'tools.call.raw',
      'each call gets its own token, of its own type, and nobody an unasked one',
    ),
    async () => {
      const session = await wire.openSession();
      const tokens = [7, '7', 'token of alice', 0];
      const responses = await Promise.all([
        ...tokens.map((token, id) => wire.post(callTool(id, `${server}_slow`, ARGUMENTS, token), { session })),
        wire.post(callTool('silent', `${server}_slow`, ARGUMENTS), { session }),
      ]);
      const silent = responses.pop()!;

      for (const [id, response] of responses.entries()) {
        expect(response.headers.get('content-type')).toBe('text/event-stream');
        expect(await messages(response)).toEqual([
          ...expected(tokens[id]!),
          { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'done' }] } },
        ]);
      }
      expect(silent.headers.get('content-type')).toBe('application/json');
      expect(await silent.json()).toMatchObject({ id: 'silent', result: { content: [{ text: 'done' }] } });
    },
  );

  it(cites('modern.progress', 'a stateless answer becomes a stream that ends with the result'), async () => {
    const params = { name: `${server}_slow`, arguments: ARGUMENTS };
    const response = await wire.modern({ id: 'm', method: 'tools/call', params }, { meta: { progressToken: 'mine' } });

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await messages(response)).toEqual([
      ...expected('mine'),
      expect.objectContaining({
        id: 'm',
        result: expect.objectContaining({ resultType: 'complete', content: [{ type: 'text', text: 'done' }] }),
      }),
    ]);
  });
});
