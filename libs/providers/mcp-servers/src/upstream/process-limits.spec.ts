import { randomInt } from 'node:crypto';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../../../test/support/eventually.js';
import { call, isRunning, rawServer, unaborted } from '../../testing/src/raw-stdio.js';
import { connectStdio } from './connect-stdio.js';
import { LogRing } from './log-ring.js';
import { readProcessTable } from './process-table.js';
import type { StdioSpec } from './server-process.js';
import type { UpstreamConnection } from './upstream-connection.js';

/** How long they sleep. No other process on this machine sleeps as long. */
const SECONDS = 86_400 + randomInt(1_000_000);
const LIMITS = { memoryMb: 300, openFiles: 64, processes: 20 };
const open: UpstreamConnection[] = [];

const start = async (spec: Partial<StdioSpec> = {}): Promise<UpstreamConnection> => {
  const options = { log: new LogRing(), signal: unaborted() };
  const connection = await connectStdio(rawServer('normal', { limits: LIMITS, ...spec }), options);
  open.push(connection);
  return connection;
};
const end = (connection: UpstreamConnection) => new Promise<string>((resolve) => connection.onClosed(resolve));

/** What the tool `multiply` has started and is still there. */
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

/** Only root can give a child another user. */
const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

asRoot('a stdio server with a user of its own', () => {
  let folder: string;
  let spec: Partial<StdioSpec>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifold-own-user-'));
    chmodSync(folder, 0o755);
    copyFileSync(rawServer().args[0]!, join(folder, 'server.mjs'));
    spec = { args: [join(folder, 'server.mjs')], cwd: folder, runAs: { uid: 65_533, gid: 65_532 } };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has no other rights than that user, and cannot read the environment of the gateway', async () => {
    const connection = await start(spec);
    expect(JSON.parse(await call(connection, 'spy'))).toEqual({
      uid: 65_533,
      gid: 65_532,
      groups: [65_532],
      found: 'EACCES',
    });
    const { HOME, USER } = JSON.parse(await call(connection, 'environment')) as Record<string, string>;
    expect([HOME, USER]).toEqual([tmpdir(), undefined]);
  });

  it('is ended like any other, with what it started', async () => {
    const connection = await start(spec);
    const grandchild = Number(await call(connection, 'grandchild'));
    await connection.close();
    await eventually('both are gone', () => !isRunning(connection.pid!) && !isRunning(grandchild));
  });

  it('could read it without one: that is what the user is for', async () => {
    const connection = await start();
    expect((JSON.parse(await call(connection, 'spy')) as { found: string }).found).toContain('PATH=');
  });
});
