import { setImmediate as turn } from 'node:timers/promises';
import { ProviderError } from '@manifold/tool-provider';
import { call, isRunning, rawServer, unaborted } from '../../../mcp-client/testing/src/raw-stdio.js';
import { until } from '../../../providers/mcp-servers/testing/src/gateway.js';
import { connectStdio, LogRing, type UpstreamConnection } from '@manifold/mcp-client';
import {
  DedicatedConnectionPool,
  type DedicatedPoolLimits,
  type ConnectionOwner,
} from './dedicated-connection-pool.js';

const user = (key: string): ConnectionOwner => ({ key, capabilities: {} });

/** With real processes. */
describe('DedicatedConnectionPool', () => {
  const pools: { pool: DedicatedConnectionPool; end: AbortController }[] = [];
  let opened: number[];
  let mode: string;

  beforeEach(() => {
    opened = [];
    mode = 'normal';
  });
  afterEach(() => Promise.all(pools.splice(0).map(stop)));

  function stop({ pool, end }: { pool: DedicatedConnectionPool; end: AbortController }): Promise<void> {
    end.abort(new ProviderError('upstream_unavailable', 'stopped'));
    return pool.stop();
  }

  function poolOf(limits: Partial<DedicatedPoolLimits> = {}): DedicatedConnectionPool {
    const end = new AbortController();
    const open = async (capabilities: object, signal: AbortSignal): Promise<UpstreamConnection> => {
      const either = AbortSignal.any([signal, end.signal]);
      const options = {
        log: new LogRing(),
        signal: either,
        clientCapabilities: capabilities as ConnectionOwner['capabilities'],
      };
      const connection = await connectStdio(rawServer(mode), options);
      opened.push(connection.pid!);
      return connection;
    };
    const pool = new DedicatedConnectionPool({ most: 2, idleMs: 60_000, ...limits }, open, end.signal);
    pools.push({ pool, end });
    return pool;
  }

  const pidFor = (pool: DedicatedConnectionPool, key: string, signal = unaborted()): Promise<string> =>
    pool.run(user(key), signal, (connection) => call(connection, 'pid'));

  /** A call that runs until it is told to end. */
  async function hold(pool: DedicatedConnectionPool, key: string) {
    let end: () => void = () => undefined;
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const pending = new Promise<void>((resolve) => (end = resolve));
    const running = pool.run(user(key), unaborted(), async (connection) => {
      begun();
      await pending;
      return connection.pid!;
    });
    await hasBegun;
    return { end: () => (end(), running) };
  }

  it('gives a caller the connection that it had, and nobody else', async () => {
    const pool = poolOf();
    const first = await pidFor(pool, 'a');
    expect(await pidFor(pool, 'a')).toBe(first);
    expect(await pidFor(pool, 'b')).not.toBe(first);
    expect(await pidFor(pool, 'a')).toBe(first);
    expect(opened).toHaveLength(2);
  });

  it('runs one call at a time on a connection: two calls of one caller get two', async () => {
    const pool = poolOf();
    const held = await hold(pool, 'a');
    const other = Number(await pidFor(pool, 'a'));
    expect(await held.end()).not.toBe(other);
  });

  it('ends the connection that was idle for longest where there is no room for another caller', async () => {
    const pool = poolOf();
    const [a, b] = [Number(await pidFor(pool, 'a')), Number(await pidFor(pool, 'b'))];
    await pidFor(pool, 'a');
    await pidFor(pool, 'c');
    expect([isRunning(a), isRunning(b)]).toEqual([true, false]);
  });

  it('lets calls wait where no connection is idle, in the order in which they came', async () => {
    const pool = poolOf();
    const [first, second] = [await hold(pool, 'a'), await hold(pool, 'b')];
    const order: string[] = [];
    const waiting = ['c', 'a', 'd'].map((key) => pidFor(pool, key).then(() => order.push(key)));
    await turn();
    expect(opened).toHaveLength(2);
    await first.end();
    await Promise.all(waiting);
    expect(order).toEqual(['c', 'a', 'd']);
    await second.end();
  });

  it('lets a call give up its turn, and nobody waits for it', async () => {
    const pool = poolOf({ most: 1 });
    const held = await hold(pool, 'a');
    const giveUp = new AbortController();
    const given = pidFor(pool, 'b', giveUp.signal);
    const next = pidFor(pool, 'a');
    giveUp.abort(new ProviderError('cancelled', 'enough'));
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    const pid = await held.end();
    expect(await next).toBe(String(pid));
    expect(opened).toHaveLength(1);
  });

  it('ends a connection that nobody used for a while, and not one that is used', async () => {
    const pool = poolOf({ idleMs: 50 });
    const idle = Number(await pidFor(pool, 'a'));
    const held = await hold(pool, 'b');
    await until(() => !isRunning(idle));
    expect(isRunning(await held.end())).toBe(true);
    await until(() => !isRunning(opened[1]!));
  });

  it('goes on with a connection after a call that was cancelled, once the server is quiet', async () => {
    const pool = poolOf({ most: 1 });
    const first = await pidFor(pool, 'a');
    const cancel = new AbortController();
    const cancelled = pool.run(user('a'), cancel.signal, (connection) =>
      call(connection, 'never', { signal: cancel.signal }),
    );
    await turn();
    cancel.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(await pidFor(pool, 'a')).toBe(first);
  });

  it('forgets a connection whose process ended, in a call or between two', async () => {
    const pool = poolOf({ most: 1 });
    const first = Number(await pidFor(pool, 'a'));
    process.kill(first, 'SIGKILL');
    await until(() => !isRunning(first));
    await until(async () => (await pidFor(pool, 'a').catch(() => undefined)) !== undefined);
    const crashed = pool.run(user('a'), unaborted(), (connection) => {
      process.kill(connection.pid!, 'SIGKILL');
      return call(connection, 'never');
    });
    await expect(crashed).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(await pidFor(pool, 'b')).toBe(String(opened.at(-1)));
  });

  it('gives the place of a connection that cannot be opened to the next call', async () => {
    const pool = poolOf({ most: 1 });
    mode = 'crash-at-start';
    const failing = pidFor(pool, 'a');
    const next = pidFor(pool, 'b');
    await expect(failing).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await expect(next).rejects.toMatchObject({ code: 'upstream_unavailable' });
    mode = 'normal';
    expect(await pidFor(pool, 'b')).toBe(String(opened[0]));
  });

  it('ends everything when the server is stopped: connections, starts and those who wait', async () => {
    const pool = poolOf({ most: 2 });
    await hold(pool, 'a').then(({ end }) => end().catch(() => undefined));
    mode = 'silent';
    const starting = pidFor(pool, 'b');
    const held = pidFor(pool, 'c');
    const waiting = pidFor(pool, 'd');
    const outcomes = Promise.allSettled([starting, held, waiting]);
    await turn();
    await stop(pools[0]!);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(opened.filter(isRunning)).toEqual([]);
    await expect(pidFor(pool, 'a')).rejects.toMatchObject({ message: 'stopped' });
  });
});
