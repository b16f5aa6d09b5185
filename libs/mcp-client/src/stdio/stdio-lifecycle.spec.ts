import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../../../test/support/eventually.js';
import { call, isRunning, RawStdio, unaborted, rawServer } from '../../testing/src/raw-stdio.js';
import { connectStdio } from '../connect-stdio.js';
import { LogRing } from '../protocol/log-ring.js';
import type { UpstreamConnection } from '../protocol/upstream-connection.js';

const closed = (connection: UpstreamConnection) => new Promise<string>((resolve) => connection.onClosed(resolve));
const gone = (pid: number) => eventually(`process ${pid} is gone`, () => !isRunning(pid));

/** Starting and ending real child processes. */
describe('the life of a stdio server', () => {
  const servers = new RawStdio();
  afterEach(() => servers.close());
  const failure = (spec: Parameters<typeof connectStdio>[0], log = new LogRing()) =>
    connectStdio(spec, { log, signal: unaborted() }).then(
      (connection) => connection.close(),
      (error: Error) => error,
    );

  it('names a command that does not exist', async () => {
    expect(await failure(rawServer('normal', { command: 'no-such-command' }))).toMatchObject({
      name: 'ProviderError',
      code: 'upstream_unavailable',
      message: 'Cannot start "no-such-command": the command or its working folder does not exist',
    });
  });

  it('names a command that may not be executed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'manifold-'));
    const command = join(folder, 'plain.txt');
    await writeFile(command, 'text', { mode: 0o644 });
    expect(await failure(rawServer('normal', { command }))).toMatchObject({
      message: `Cannot start "${command}": it may not be executed`,
    });
    await rm(folder, { recursive: true });
  });

  it('does not repeat arguments that cannot be passed', async () => {
    const error = await failure(rawServer('normal', { args: ['secret\0'] }));
    expect(error).toMatchObject({ code: 'upstream_unavailable', message: expect.not.stringContaining('secret') });
  });

  it('reports an exit before the answer to initialize with its code and last words, which are for the operator', async () => {
    const log = new LogRing();
    expect(await failure(rawServer('crash-at-start'), log)).toMatchObject({
      code: 'upstream_unavailable',
      message: 'The server exited with code 7: missing API_KEY',
    });
    expect(log.lines().map(({ level, message }) => ({ level, message }))).toEqual([
      { level: 'error', message: 'first words' },
      { level: 'error', message: 'missing API_KEY' },
    ]);
  });

  it('gives up on a server that never answers initialize, and leaves no process behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'manifold-'));
    const aborting = new AbortController();
    const options = { log: new LogRing(), signal: aborting.signal };
    const connecting = connectStdio(rawServer('silent', { cwd: folder }), options);
    setTimeout(() => aborting.abort(new Error('enough')), 200);
    await expect(connecting).rejects.toMatchObject({ name: 'ProviderError', code: 'cancelled' });
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      `ls -l /proc/*/cwd 2>/dev/null | grep -c "${folder}" || true`,
    ]);
    expect(stdout.trim()).toBe('0');
    await rm(folder, { recursive: true });
  });

  it('refuses a server that speaks an unknown version', async () => {
    expect(await failure(rawServer('old'))).toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining('none of the MCP versions 2025-11-25'),
    });
  });

  it('gives the server a minimal environment in which its own settings win', async () => {
    process.env.MANIFOLD_SPEC_SECRET = 'of the gateway';
    const PATH = `/spec/bin:${process.env.PATH}`;
    const spec = rawServer('normal', { env: { PATH, API_KEY: 'own' } });
    const connection = await connectStdio(spec, { log: new LogRing(), signal: unaborted() });
    const environment = JSON.parse(await call(connection, 'environment')) as Record<string, string>;
    expect(environment).toMatchObject({ PATH, API_KEY: 'own', HOME: environment.PWD ?? environment.HOME });
    expect(environment).not.toHaveProperty('MANIFOLD_SPEC_SECRET');
    delete process.env.MANIFOLD_SPEC_SECRET;
    await connection.close();
  });

  it('fails every pending call when the process crashes, and says why, once', async () => {
    const connection = await servers.connect();
    const reasons: string[] = [];
    connection.onClosed((reason) => reasons.push(reason));
    const pending = [call(connection, 'never'), call(connection, 'never'), call(connection, 'crash')];
    for (const one of await Promise.allSettled(pending)) {
      expect(one).toMatchObject({
        reason: { code: 'upstream_unavailable', message: 'The server exited with code 3' },
      });
    }
    await expect(call(connection, 'echo')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(reasons).toEqual(['The server exited with code 3: about to crash']);
    expect(await closed(connection)).toBe(reasons[0]);
  });

  it('fails a pending call when the process is killed', async () => {
    const connection = await servers.connect();
    const pending = call(connection, 'never');
    process.kill(connection.pid as number, 'SIGKILL');
    await expect(pending).rejects.toMatchObject({ message: 'The server was ended by SIGKILL' });
  });

  it('ends a process that closes its output', async () => {
    const connection = await servers.connect();
    const reason = closed(connection);
    await expect(call(connection, 'close-stdout')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(await reason).toContain('The server closed its input or output');
    await gone(connection.pid as number);
  });

  it.each(['long-line', 'long-line-id-last'])(
    'fails a request whose answer has more than 8 MiB, and no other: %s',
    async (name) => {
      const log = new LogRing();
      const connection = await servers.connect('normal', log);
      const others = [call(connection, 'slow-pid'), call(connection, 'slow-pid')];
      await expect(call(connection, name)).rejects.toMatchObject({
        code: 'upstream_rejected',
        message: 'The server answered with more than 8 MiB',
      });
      expect(await Promise.all(others)).toEqual([String(connection.pid), String(connection.pid)]);
      expect(await call(connection, 'pid')).toBe(String(connection.pid));
      expect(log.lines().at(-1)!.message).toMatch(/^A message of more than 8 MiB was dropped: \{"/);
    },
  );

  it('ends a process that writes a line without end', async () => {
    const connection = await servers.connect();
    const reason = closed(connection);
    await expect(call(connection, 'endless-line')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(await reason).toBe('The server wrote a line of more than 128 MiB');
    await gone(connection.pid as number);
  });

  it('survives a flood on stderr', async () => {
    const log = new LogRing();
    const connection = await servers.connect('normal', log);
    expect(await call(connection, 'flood')).toBe('flooded');
    const lines = log.lines();
    expect(lines.length).toBeLessThanOrEqual(200);
    expect(lines.some((line) => line.message.includes('of log were dropped'))).toBe(true);
  });

  it('hides secrets that are in use in what the server logs', async () => {
    const log = new LogRing();
    const connection = await servers.connect('normal', log);
    log.hide(['hunter2-value']);
    await call(connection, 'log', { args: { line: 'using hunter2-value now' } });
    log.reveal(['hunter2-value']);
    await eventually('the line is there', () => log.lines().length > 0);
    expect(log.lines()).toMatchObject([{ level: 'error', message: 'using [secret] now' }]);
  });

  it('closes quietly: the process leaves, pending calls fail, nobody is told that it ended by itself', async () => {
    const connection = await servers.connect();
    let told = false;
    connection.onClosed(() => (told = true));
    const pending = call(connection, 'never');
    const [failed] = await Promise.allSettled([pending, connection.close()]);
    expect(failed).toMatchObject({ reason: { code: 'upstream_unavailable' } });
    expect(isRunning(connection.pid as number)).toBe(false);
    await connection.close();
    expect(told).toBe(false);
  });

  it('listens to a process until it has left', async () => {
    const log = new LogRing();
    await (await servers.connect('slow-goodbye', log)).close();
    expect(log.lines().map((line) => line.message)).toEqual(['goodbye']);
  });

  it('kills a process that ignores every request to leave', async () => {
    const connection = await servers.connect('stubborn');
    await connection.close();
    expect(isRunning(connection.pid as number)).toBe(false);
  });

  it.each(['closes', 'crashes'])('leaves no grandchild when the server %s', async (way) => {
    const connection = await servers.connect();
    const grandchild = Number(await call(connection, 'grandchild'));
    expect(isRunning(grandchild)).toBe(true);
    if (way === 'closes') await connection.close();
    else await expect(call(connection, 'crash')).rejects.toMatchObject({ message: 'The server exited with code 3' });
    await gone(grandchild);
  });

  it('lets no server outlive a gateway that exits', async () => {
    const script = resolve(__dirname, '../../testing/src/exiting-gateway.cjs');
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    const pid = Number(stdout);
    expect(pid).toBeGreaterThan(1);
    await gone(pid);
  });

  it('starts and ends twenty servers without leaving one', async () => {
    const connections = await Promise.all(Array.from({ length: 20 }, () => servers.connect()));
    const pids = connections.map((connection) => connection.pid as number);
    expect(pids.every(isRunning)).toBe(true);
    await servers.close();
    expect(pids.filter(isRunning)).toEqual([]);
  });
});
