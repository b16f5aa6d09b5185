import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { eventually } from '../../../../test/support/eventually.js';
import { call, isRunning, rawServer, unaborted } from '../../testing/src/raw-stdio.js';
import { connectStdio } from '../connect-stdio.js';
import { LogRing } from '../protocol/log-ring.js';
import { readProcessTable } from '@manifold/launcher';
import type { Launch } from '@manifold/launcher';
import type { UpstreamConnection } from '../protocol/upstream-connection.js';

/** How long they sleep. No other process on this machine sleeps as long. */
const SECONDS = 86_400 + randomInt(1_000_000);
const LIMITS = { memoryMb: 300, openFiles: 64, processes: 20 };
const open: UpstreamConnection[] = [];

const start = async (launch: Partial<Launch> = {}): Promise<UpstreamConnection> => {
  const options = { log: new LogRing(), signal: unaborted() };
  const connection = await connectStdio(rawServer('normal', { limits: LIMITS, ...launch }), options);
  open.push(connection);
  return connection;
};
const end = (connection: UpstreamConnection) => new Promise<string>((resolve) => connection.onClosed(resolve));

/** Counts the processes that the tool `multiply` has started and that still run. */
async function sleepers(): Promise<number> {
  const table = await readProcessTable();
  return table.filter(({ pid }) => commandOf(pid) === `sleep\0${SECONDS}\0`).length;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

afterEach(() => Promise.all(open.splice(0).map((connection) => connection.close())));

describe('a stdio server that wants too much', () => {
  it.each([
    ['itself', false],
    ['in a process that it starts', true],
  ])('is ended with a clear reason when it takes too much memory %s', async (_, inChild) => {
    const connection = await start();
    const ended = end(connection);
    const pending = call(connection, 'never').catch((error: Error) => error);
    await call(connection, 'hog', { args: { mib: 400, inChild } }).catch(() => undefined);
    expect(await ended).toContain('The server used more than 300 MiB of memory');
    expect(await pending).toMatchObject({ code: 'upstream_unavailable', message: expect.stringContaining('300 MiB') });
    await eventually('it is gone', () => !isRunning(connection.pid!));
  });

  it.each([
    ['of its own', false],
    ['in another session', true],
  ])('is ended with all of them when it starts too many processes %s', async (_, detached) => {
    const connection = await start();
    const ended = end(connection);
    await call(connection, 'multiply', { args: { count: 200, detached, seconds: SECONDS } }).catch(() => undefined);
    expect(await ended).toContain('The server had more than 20 processes');
    await eventually('nothing of it is left', async () => (await sleepers()) === 0);
  });

  it('cannot open more files than it may', async () => {
    const connection = await start();
    const { code, count } = JSON.parse(await call(connection, 'open-files')) as { code: string; count: number };
    expect(code).toBe('EMFILE');
    expect(count).toBeLessThan(64);
    expect(count).toBeGreaterThan(8);
  });

  it('is left alone within its limits, whatever others do', async () => {
    const modest = await start();
    const greedy = await start();
    await call(modest, 'multiply', { args: { count: 5, seconds: SECONDS } });
    await call(modest, 'hog', { args: { mib: 100 } });
    const ended = end(greedy);
    await call(greedy, 'multiply', { args: { count: 100, seconds: SECONDS } }).catch(() => undefined);
    await ended;
    expect(await call(modest, 'echo', { args: { still: 'here' } })).toContain('here');
    await eventually('those of the other one are gone', async () => (await sleepers()) === 5);
  });
});
