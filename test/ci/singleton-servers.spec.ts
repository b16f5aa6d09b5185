import { join } from 'node:path';
import { hasRedis } from '@manifold/bus/testing';
import { callTool, events, initialize, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import type { GatewayReplica } from '../support/gateway-replica.js';
import { readJournal } from '../support/journal.js';
import { descendants, isAlive } from '../support/process-tree.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

/** A hand-over takes up to 10 s; the machine may be busy. */
const HAND_OVER_MS = 60_000;

(hasRedis ? describe : describe.skip)('A server with replicas: one', () => {
  let gateway: GatewayProcess;
  let lifecycle: string;
  let ledger: string;

  type Message = Record<string, unknown> & { readonly id?: unknown };
  interface Result {
    readonly content: readonly { readonly text: string }[];
  }
  const client = (replica: GatewayReplica) => new WireClient(replica.url);
  const operator = (replica: GatewayReplica) => new RestClient(replica.url);
  const started = () => readJournal(lifecycle).filter(({ event }) => event === 'started');
  /** The processes of the server that live. */
  const living = () => started().flatMap(({ pid }) => (isAlive(pid) ? [pid] : []));
  const callers = () => new Set(readJournal(ledger).flatMap(({ event, pid }) => (event === 'call' ? [pid] : [])));
  const definition = () => ({
    ...echoServer('--asks', '--offers=1', `--ledger=${ledger}`, `--lifecycle=${lifecycle}`),
    replicas: 'one',
  });
  const open = async (replica: GatewayReplica, capabilities: object = {}): Promise<string> => {
    const response = await client(replica).post(initialize('2025-11-25', capabilities));
    await response.text();
    return response.headers.get('mcp-session-id')!;
  };
  const echo = (replica: GatewayReplica, message = 'hello') =>
    operator(replica).callTool({ serverName: 'singleton', methodName: 'echo', args: { message } });
  /** The replica that runs the server, and the other one. */
  const roles = (): { host: GatewayReplica; other: GatewayReplica } => {
    const [pid] = living();
    const host = gateway.replicas.find((replica) => replica.isRunning && descendants(replica.pid).includes(pid!));
    return { host: host!, other: gateway.replicas.find((replica) => replica !== host)! };
  };
  /** Repeats a call that found the server on its way from one replica to the other. */
  const answered = (replica: GatewayReplica, methodName: string, args: Record<string, unknown>) =>
    eventually(
      `${methodName} is answered`,
      async () => (await operator(replica).callTool({ serverName: 'singleton', methodName, args })).status === 200,
      HAND_OVER_MS,
    );
  const servedBy = (replica: GatewayReplica) =>
    eventually('the server answers', async () => (await echo(replica)).status === 200, HAND_OVER_MS);

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ replicas: 2 });
    lifecycle = join(gateway.dataDir, 'lifecycle');
    ledger = join(gateway.dataDir, 'ledger');
    expect((await operator(gateway.replicas[0]!).register({ name: 'singleton', ...definition() })).status).toBe(200);
    for (const replica of gateway.replicas) await servedBy(replica);
  });
  afterEach(() => expect(living()).toHaveLength(1));
  afterAll(() => gateway?.dispose());

  describe('is there for the clients of both replicas', () => {
    it(cites('replicas.one', 'with one process, also for clients that can be asked'), async () => {
      for (const replica of gateway.replicas) {
        const session = await open(replica, { elicitation: {} });
        const stream = events(
          await client(replica).post(callTool(1, 'singleton_ask', { marker: 'm' }, 'p'), { session }),
        );
        const seen: Message[] = [];
        for await (const { data } of stream) {
          const message = JSON.parse(data) as Message;
          seen.push(message);
          if (message.method !== 'elicitation/create') continue;
          const result = { action: 'accept', content: { answer: 'from its client' } };
          await client(replica).post({ jsonrpc: '2.0', id: message.id, result }, { session });
        }
        expect(seen.at(-1)).toMatchObject({ id: 1 });
        expect((seen.at(-1)!.result as Result).content[0]!.text).toContain('from its client');
        expect(seen.some(({ method }) => method === 'notifications/progress')).toBe(true);
      }
      expect(callers().size).toBe(1);
      expect(started()).toHaveLength(1);
    });

    it(cites('replicas.one', 'which hear of its changes, and read and follow its resources'), async () => {
      for (const replica of gateway.replicas) {
        const session = await open(replica);
        const post = async (method: string, params: object) =>
          (await (await client(replica).post(request(2, method, params), { session })).json()) as {
            result: { resources?: { uri: string }[]; contents?: unknown[] };
          };
        const [{ uri }] = (await post('resources/list', {})).result.resources! as [{ uri: string }];
        expect((await post('resources/read', { uri })).result.contents).toHaveLength(1);
        await post('resources/subscribe', { uri });
        const stream = events(await client(replica).get({ session }));
        const other = gateway.replicas.find((one) => one !== replica)!;
        await answered(other, 'touch', { uri: 'sim://notes/1' }); // over REST, by the server's own URI
        await answered(other, 'change', {});
        const awaited = new Set(['notifications/resources/updated', 'notifications/tools/list_changed']);
        for await (const { data } of stream) {
          awaited.delete((JSON.parse(data) as { method: string }).method);
          if (awaited.size === 0) break;
        }
        expect([...awaited]).toEqual([]);
        await client(replica).delete({ session });
      }
    });

    it(cites('replicas.one', 'which cancel their calls'), async () => {
      const { other } = roles();
      const session = await open(other);
      const slow = await client(other).post(callTool(1, 'singleton_slow', { ms: 120_000, steps: 1 }, 'p'), { session });
      const stream = events(slow);
      await stream.next(); // progress: it runs
      const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
      expect((await client(other).post(cancel, { session })).status).toBe(202);
      expect((await stream.next()).done).toBe(true);
    });
  });

  it(
    cites('replicas.one-crash', 'has crashed for nobody before both replicas can start it: the next call is answered'),
    async () => {
      const crash = { serverName: 'singleton', methodName: 'crash', args: {} };
      /** Returns the answers to the crash and to the calls that follow it at once. */
      const crashAt = async (asked: GatewayReplica, next: GatewayReplica): Promise<unknown[]> => {
        const { status } = await operator(asked).callTool(crash);
        const answers = await Promise.all([next, ...gateway.replicas].map((replica) => echo(replica)));
        for (const replica of gateway.replicas) await servedBy(replica);
        return [status, ...answers.map(({ status, body }) => body.error ?? status)];
      };
      expect(await crashAt(roles().host, roles().other)).toEqual([503, 200, 200, 200]);
      expect(await crashAt(roles().other, roles().other)).toEqual([503, 200, 200, 200]);
      expect(await crashAt(roles().other, roles().host)).toEqual([503, 200, 200, 200]);
    },
  );

  it(cites('replicas.one', 'has one process of each user, where users are served apart'), async () => {
    const log = join(gateway.dataDir, 'apart');
    const apart = { ...echoServer(`--ledger=${log}`), isolation: 'user', replicas: 'one' };
    expect((await operator(gateway.replicas[0]!).register({ name: 'apart', ...apart })).status).toBe(200);
    for (const replica of gateway.replicas) {
      for (const user of ['alice', 'bob']) {
        const call = { serverName: 'apart', methodName: 'echo', args: { message: user } };
        const rest = new RestClient(replica.url, { user });
        await eventually('it answers', async () => (await rest.callTool(call)).status === 200);
      }
    }
    const calls = readJournal(log).filter(({ event }) => event === 'call');
    const servedUsers = new Set(calls.map((entry) => `${entry.pid} ${String(entry.arguments?.message)}`));
    expect([servedUsers.size, new Set(calls.map(({ pid }) => pid)).size]).toEqual([2, 2]);
    await operator(gateway.replicas[1]!).request('DELETE', '/mcp/servers/apart');
  });

  it(cites('replicas.one-change', 'is ended before its new settings are tried, wherever it runs'), async () => {
    for (const [index, replica] of gateway.replicas.entries()) {
      const before = living();
      const env = { [`CHANGE_${index}`]: 'made' };
      expect((await operator(replica).request('PUT', '/mcp/servers/singleton', { env })).status).toBe(200);
      const environment = { serverName: 'singleton', methodName: 'environment', args: {} };
      for (const one of gateway.replicas) {
        const { body } = await operator(one).callTool(environment); // at once: no call reaches what ran before
        expect(JSON.stringify(body)).toContain(`CHANGE_${index}`);
      }
      const [old] = before.map((pid) =>
        readJournal(lifecycle).find((entry) => entry.pid === pid && entry.event === 'ended'),
      );
      const next = started().at(-1)!;
      expect(next.pid).not.toBe(before[0]);
      expect(old!.time).toBeLessThan(next.time);
    }
  });

  it(cites('replicas.one-rolling', 'moves when its replica is stopped, and no call is lost'), async () => {
    const { host, other } = roles();
    let running = true;
    const failures: unknown[] = [];
    const caller = async (): Promise<void> => {
      while (running) {
        const call = { serverName: 'singleton', methodName: 'slow', args: { ms: 40, steps: 1 } };
        const answer = await operator(other).callTool(call);
        if (answer.status !== 200) failures.push(answer.body);
      }
    };
    const calls = Array.from({ length: 4 }, caller);
    await host.stop();
    await servedBy(other);
    expect(roles().host.port).toBe(other.port);
    running = false;
    await Promise.all(calls);
    expect(failures).toEqual([]);
    await host.start();
    await servedBy(host);
  });

  it(
    cites('replicas.one-database', 'is ended when the database is away for long, and comes back with it'),
    async () => {
      const [pid] = living();
      gateway.shared.toMongo.swallow();
      await eventually('its process is gone', () => !isAlive(pid!), HAND_OVER_MS);
      gateway.shared.toMongo.heal();
      for (const replica of gateway.replicas) await servedBy(replica);
    },
  );

  it(
    cites('replicas.one-stalled', 'moves when its replica stands still, which ends its own when it goes on'),
    async () => {
      const { host, other } = roles();
      const [pid] = living();
      process.kill(host.pid, 'SIGSTOP');
      await eventually('the other one runs it', () => started().at(-1)!.pid !== pid, HAND_OVER_MS);
      await servedBy(other);
      process.kill(host.pid, 'SIGCONT');
      await eventually('the old process is gone', () => !isAlive(pid!), HAND_OVER_MS);
      await servedBy(host);
    },
  );

  it(cites('replicas.one-crash', 'is started by the other one when its replica is killed'), async () => {
    const { host, other } = roles();
    const [pid] = living();
    await host.kill9();
    await eventually('the old process is gone with its replica', () => !isAlive(pid!), HAND_OVER_MS);
    await servedBy(other);
  });
});
