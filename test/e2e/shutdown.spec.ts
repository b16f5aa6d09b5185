import { join } from 'node:path';
import { callTool, initialize } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { readJournal } from '../support/journal.js';
import { connectSdk1, connectSdk1Sse, connectSdk2, textOf } from '../support/mcp-clients.js';
import { isAlive } from '../support/process-tree.js';
import { itOnOne } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { settlesWithin } from '../support/settles-within.js';
import { echoServer, HttpUpstream } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

const SLOW = { name: 'slow_slow', arguments: { ms: 1500, steps: 3 } };

let gateway: GatewayProcess;
let rest: RestClient;
let ledger: string;

beforeEach(async () => {
  gateway = await GatewayProcess.start();
  rest = new RestClient(gateway.url);
  ledger = join(gateway.dataDir, 'ledger');
  await rest.register({ name: 'slow', ...echoServer(`--ledger=${ledger}`) });
});

afterEach(() => gateway.dispose());

const haveArrived = (calls: number) =>
  eventually(
    'the calls have arrived',
    () => readJournal(ledger).filter(({ event }) => event === 'call').length === calls,
  );

/** A server that takes no notice of the end of its input, and its child neither. */
const lingering = { command: 'sh', args: ['-c', 'sleep 86400 & sleep 86400'], enabled: true };

describe('SIGTERM', () => {
  it(cites('operation.drain', 'lets the calls of clients of all kinds end, and then no process is left'), async () => {
    const [legacy, modern, sse] = await Promise.all([
      connectSdk1({ url: gateway.url }),
      connectSdk2({ url: gateway.url }, 'modern'),
      connectSdk1Sse({ url: gateway.url }),
    ]);
    const clients = [legacy.client, modern.client, sse.client];
    const family = gateway.children();
    const onprogress = () => undefined; // so that one of them is a stream
    const calls = [
      legacy.client.callTool(SLOW, undefined, { onprogress }),
      legacy.client.callTool(SLOW),
      modern.client.callTool(SLOW),
      sse.client.callTool(SLOW),
    ];
    const ended = Promise.allSettled(calls);
    await haveArrived(4);
    await gateway.stop();
    const answers = (await ended).map((one) => (one.status === 'fulfilled' ? textOf(one.value) : String(one.reason)));
    await Promise.all(clients.map((client) => client.close()));

    expect(answers).toEqual(Array(4).fill('done'));
    expect(family.length).toBeGreaterThan(0);
    expect(family.filter(isAlive)).toEqual([]);
  });

  it(cites('operation.drain', 'lets a hundred calls end beside two hundred open streams'), async () => {
    const wire = new WireClient(gateway.url);
    const sessions = await Promise.all(Array.from({ length: 200 }, () => wire.openSession()));
    const streams = await Promise.all(sessions.map((session) => wire.get({ session })));
    const ends = Promise.all(streams.map((stream) => stream.text()));
    const calls = sessions.slice(0, 100).map(async (session, index) => {
      const answer = await wire.post(callTool(index, 'slow_slow', { ms: 5_000, steps: 1 }), { session });
      return answer.text();
    });
    const answers = Promise.all(calls);
    const family = gateway.children();
    await haveArrived(100);
    await gateway.stop();

    expect((await answers).filter((text) => !text.includes('"done"'))).toEqual([]);
    expect((await ends).filter((text) => !/^retry: \d+$/m.test(text))).toEqual([]);
    expect(family.filter(isAlive)).toEqual([]);
  });

  it(
    cites('operation.drain', 'leaves no process of a server that does not want to end, started or starting'),
    async () => {
      void rest.register({ name: 'lingering', ...lingering }).catch(() => undefined); // cut off
      const family = await eventually('it has begun to start', () => {
        const pids = gateway.children();
        return pids.length >= 1 + 3 && pids;
      });
      await gateway.stop();

      expect(family.filter(isAlive)).toEqual([]);
    },
  );

  // Not on several replicas: those without a call have ended by then.
  itOnOne(cites('operation.drain', 'takes no new session while calls end, and is not ready'), async () => {
    const { client } = await connectSdk1({ url: gateway.url });
    const call = client.callTool({ ...SLOW, arguments: { ms: 18_000, steps: 3 } }); // long enough to be seen while it drains
    await haveArrived(1);
    const stopping = gateway.stop();
    const ready = await eventually('it is not ready', async () => {
      const { status } = await rest.request('GET', '/readyz');
      return status !== 200 && status;
    });
    await expect(connectSdk1({ url: gateway.url })).rejects.toThrow();
    const answer = await call;
    await Promise.all([stopping, client.close()]);

    expect(ready).toBe(503);
    expect(textOf(answer)).toBe('done');
  });

  it(cites('operation.drain', 'is not held up by open streams and idle connections'), async () => {
    const upstream = await HttpUpstream.start();
    await rest.register({ name: 'http', transportType: 'streamable_http', url: upstream.url });
    const { client } = await connectSdk1Sse({ url: gateway.url });
    const stopping = gateway.stop();
    const inTime = await settlesWithin(20_000, stopping);
    await Promise.allSettled([client.close(), upstream.stop()]);
    await stopping;
    expect(inTime).toBe(true); // calls in flight would be given 25 s
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  itOnOne(cites('operation.drain', 'logs one line that the gateway stops, and one when it has stopped'), async () => {
    const { pid } = gateway;
    process.kill(pid, signal);
    await eventually('the process has ended', () => !isAlive(pid));
    await eventually('its last line has been read', () => gateway.logs().includes('has stopped'));
    const lines = gateway
      .logs()
      .split('\n')
      .filter((line) => /the gateway (?:stops|has stopped)/.test(line));
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'info', msg: 'the gateway stops', signal },
      { level: 'info', msg: 'the gateway has stopped' },
    ]);
  });
});

describe('SIGTERM with SHUTDOWN_DELAY_MS', () => {
  it(
    cites('operation.drain-delay', 'is not ready and takes no new session, and serves the others until then'),
    async () => {
      await gateway.dispose();
      gateway = await GatewayProcess.start({ replicas: 1, env: { SHUTDOWN_DELAY_MS: '15000' } });
      await new RestClient(gateway.url).register({ name: 'slow', ...echoServer() });
      const wire = new WireClient(gateway.url);
      const session = await wire.openSession();
      const call = callTool(1, 'slow_echo', { message: 'still here' });
      await (await wire.post(call, { session })).text();

      const stopping = gateway.stop();
      await eventually('it is not ready', async () => (await fetch(`${gateway.url}/readyz`)).status === 503);
      const refused = await wire.post(initialize());
      const served = await wire.post(call, { session });
      const alive = await fetch(`${gateway.url}/livez`);

      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
      expect(await served.text()).toContain('still here');
      expect(alive.status).toBe(200);
      await stopping; // with exit code 0
    },
  );
});

describe('kill -9', () => {
  it('leaves no process of servers that end with their input', async () => {
    for (const name of ['a', 'b', 'c']) await rest.register({ name, ...echoServer() });
    const family = gateway.children();
    await gateway.kill9();
    await eventually('all have ended', () => !family.some(isAlive));

    expect(family.length).toBeGreaterThanOrEqual(4); // with slow
  });
});
