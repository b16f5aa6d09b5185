import { join } from 'node:path';
import { ChangeableServer } from '../support/changeable-server.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { readJournal, type JournalEntry } from '../support/journal.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { itOnOne, keepsState, onEvery } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

let gateway: GatewayProcess;
let rest: RestClient;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  rest = new RestClient(gateway.url);
});

afterAll(() => gateway.dispose());

const file = (name: string): string => join(gateway.dataDir, name);
const lifecycle = (name: string, event: JournalEntry['event']): JournalEntry[] =>
  readJournal(file(`${name}.lifecycle`)).filter((entry) => entry.event === event);
const called = (name: string): (string | undefined)[] => readJournal(file(`${name}.ledger`)).map(({ tool }) => tool);

const call = (serverName: string, methodName: string, args: Record<string, unknown> = {}) =>
  rest.callTool({ serverName, methodName, args });

const register = (name: string) =>
  rest.register(
    keepsState({
      name,
      ...echoServer(`--lifecycle=${file(`${name}.lifecycle`)}`, `--ledger=${file(`${name}.ledger`)}`),
    }),
  );

/** How long the gateway meant to wait before it starts the server again, after each end so far; milliseconds. */
function announcedRestarts(server: string): number[] {
  const lines = gateway
    .logs()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const entries = lines.map((line) => JSON.parse(line) as { server?: string; restartInMs?: number });
  return entries.flatMap((entry) => (entry.server === server ? (entry.restartInMs ?? []) : []));
}

describe('a stdio server that was killed', () => {
  it(cites('stdio.crash-restart', 'is started again by itself, and answers'), async () => {
    await register('killed');
    process.kill(lifecycle('killed', 'started')[0]!.pid, 'SIGKILL');
    await eventually('it has started again', () => lifecycle('killed', 'initialized').length === 2);
    await onEvery(
      gateway,
      'it is connected',
      async () => (await rest.server('killed')).body.server.status === 'connected',
    );

    expect(textOf((await call('killed', 'echo', { message: 'back' })).body.data)).toBe('back');
    expect((await rest.server('killed')).body.server.logs).toContainEqual(expect.stringContaining('SIGKILL'));
  });

  it(
    cites('stdio.crash-restart', 'shows error and why as long as it cannot start, and recovers when it can'),
    async () => {
      const server = new ChangeableServer(gateway.dataDir, 'broken', `--lifecycle=${file('broken.lifecycle')}`);
      await rest.register(keepsState({ name: 'broken', ...server.registration }));
      server.behaveAs('no flag');
      process.kill(lifecycle('broken', 'started')[0]!.pid, 'SIGKILL');
      const shown = await eventually('it shows that it cannot start', async () => {
        const { body } = await rest.server('broken');
        return body.server.lastError?.includes('exited with code 1') && body.server;
      });
      const refused = await call('broken', 'echo', { message: 'x' });
      const { body } = await rest.tools();
      server.behaveAs();
      await onEvery(gateway, 'it is connected, and nothing is wrong', async () => {
        const { body } = await rest.server('broken');
        return body.server.status === 'connected' && body.server.lastError === undefined;
      });

      expect(shown.lastError).toContain('exited with code 1');
      expect(shown.logs).toContainEqual(expect.stringContaining('not a flag'));
      expect(refused.status).toBe(503);
      expect(body.tools.flatMap(Object.keys)).toContain('broken');
      expect(textOf((await call('broken', 'echo', { message: 'back' })).body.data)).toBe('back');
    },
  );
});

describe('a stdio server that crashes in the middle of a call', () => {
  it(
    cites('stdio.crash-mid-call', 'fails this call and the others in flight at once, and gets none again'),
    async () => {
      await register('crashing');
      const { client } = await connectSdk1({ url: gateway.url });
      const slow = client.callTool({ name: 'crashing_slow', arguments: { ms: 600_000 } });
      await eventually('the slow call has arrived', () => called('crashing').length === 1);
      const crash = await call('crashing', 'crash');
      const cutOff = await slow;
      const afterwards = await call('crashing', 'echo', { message: 'back' });
      await client.close();

      expect(crash.status).toBe(503);
      expect(cutOff.isError).toBe(true);
      expect(textOf(afterwards.body.data)).toBe('back');
      expect(called('crashing')).toEqual(['slow', 'crash', 'echo']);
    },
  );
});

describe('a stdio server that is not running', () => {
  itOnOne(
    cites('stdio.on-demand', 'stdio.crash-restart', 'is started by a call, long before its own restart'),
    async () => {
      await register('waiting');
      for (let crashes = 1; crashes <= 5; crashes++) await call('waiting', 'crash');
      const answer = await call('waiting', 'echo', { message: 'started' });
      const [ended, started] = [lifecycle('waiting', 'ended')[4]!, lifecycle('waiting', 'started')[5]!];
      const restartInMs = await eventually('it said how long it waits', () => announcedRestarts('waiting')[4]);

      expect(textOf(answer.body.data)).toBe('started');
      expect(restartInMs).toBeGreaterThanOrEqual(4000);
      expect(started.time - ended.time).toBeLessThan(restartInMs);
    },
  );
});

describe('a stdio server that keeps crashing', () => {
  // Each replica has five.
  itOnOne(
    cites('stdio.crash-loop', 'is restarted five times a minute, and calls are told when to come again'),
    async () => {
      await register('hopeless');
      const answers = [];
      for (let crashes = 1; crashes <= 8; crashes++) answers.push(await call('hopeless', 'crash'));
      const refused = answers.slice(6);

      expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(503));
      expect(lifecycle('hopeless', 'started')).toHaveLength(6);
      expect(called('hopeless')).toHaveLength(6);
      for (const { headers, body } of refused) {
        expect(body.error).toContain('failed too often');
        const seconds = Number(headers.get('retry-after'));
        expect([seconds > 0, seconds <= 60]).toEqual([true, true]);
      }
      // Log lines are written in batches.
      const announced = await eventually('the sixth end is in the log', () => announcedRestarts('hopeless')[5]);
      // It waits until the first of the five restarts is a minute ago.
      const sinceFirst = lifecycle('hopeless', 'ended')[5]!.time - lifecycle('hopeless', 'started')[0]!.time;
      expect(sinceFirst + announced).toBeGreaterThan(50_000);
    },
  );

  it(cites('stdio.crash-loop', 'leaves the others alone'), async () => {
    expect(textOf((await call('killed', 'echo', { message: 'here' })).body.data)).toBe('here');
  });
});
