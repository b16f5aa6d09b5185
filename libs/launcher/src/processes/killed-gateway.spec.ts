import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { possibleModes, TestLauncher } from '@manifold/launcher/testing';
import { eventually } from '../../../../test/support/eventually.js';
import { commandLine, isAlive, processesNaming } from '../../../../test/support/process-tree.js';
import { ownUserIds } from '../../../../test/support/user-ids.js';

const TYPESCRIPT = resolve(__dirname, '../../../../test/support/typescript.mjs');
const GATEWAY = resolve(__dirname, '../../testing/src/long-gateway.ts');

/**
 * A gateway of its own process, with a program that starts others and daemons, and that does not leave when it is asked to. Where user ids or a
 * sandbox tell where they come from, one daemon pretends to be of another gateway.
 */
class LongGateway {
  private constructor(
    readonly dataDir: string,
    readonly userIds: string,
    private readonly child: ChildProcess,
    private readonly sleep: string,
  ) {}

  static async start(mode: string, userIds = ownUserIds(), under: readonly string[] = []): Promise<LongGateway> {
    const dataDir = mkdtempSync(join(tmpdir(), 'manifold-killed-'));
    const sleep = `sleep ${86_400 + randomInt(10_000_000)}`;
    const pretending = mode === 'none' ? '' : `env MANIFOLD_LAUNCH=${'0f'.repeat(16)}.1`;
    const daemon = `setsid sh -c '(${pretending} setsid ${sleep} >/dev/null 2>&1 </dev/null &)'`;
    const script = `trap "" TERM; ${daemon}; sh -c "${sleep} & ${sleep}"; while :; do sleep 1000; done`;
    const options = { stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'], detached: true };
    const node = [process.execPath, '--import', TYPESCRIPT, GATEWAY, mode, dataDir, userIds, script];
    const [command, ...args] = [...under, ...node];
    const child = spawn(command!, args, options);
    const gateway = new LongGateway(dataDir, userIds, child, sleep);
    await once(child.stdout!, 'data');
    await gateway.has(3);
    return gateway;
  }

  /** The processes that its program has started. */
  get left(): number {
    return processesNaming(this.sleep).filter((pid) => commandLine(pid) === this.sleep && isAlive(pid)).length;
  }

  has(count: number): Promise<unknown> {
    return eventually(`${count} processes are left`, () => this.left === count);
  }

  /** Ends it like a terminal would that is killed: with all processes of its group. */
  async kill(): Promise<void> {
    process.kill(-this.child.pid!, 'SIGKILL');
    await once(this.child, 'exit');
  }

  async killWatchdog(): Promise<void> {
    const [run] = readdirSync(join(this.dataDir, 'runs'));
    const watchdogs = () => processesNaming(`MANIFOLD_LAUNCH=${run}.`).filter(isAlive);
    await eventually('its first process has left it to the second', () => watchdogs().length === 1);
    process.kill(watchdogs()[0]!, 'SIGKILL');
    await eventually('the watchdog is gone', () => watchdogs().length === 0);
  }
}

/** Starts a program without the capabilities that let it see the environment of others, which Docker does not give either. */
const DROPPED = '-sys_ptrace,-perfmon,-sys_admin';
const WITHOUT_PTRACE = ['/usr/bin/setpriv', '--bounding-set', DROPPED, '--inh-caps', DROPPED, '--'];

describe.each([...possibleModes, 'none'] as const)('a gateway in mode %s that is killed', (mode) => {
  it('leaves nothing', async () => {
    const gateway = await LongGateway.start(mode);
    await gateway.kill();
    await gateway.has(0);
    rmSync(gateway.dataDir, { recursive: true });
  });

  const canDropPtrace = mode === 'uid' && existsSync(WITHOUT_PTRACE[0]!);
  (canDropPtrace ? it : it.skip)('leaves nothing if it could not read the environment of programs', async () => {
    const gateway = await LongGateway.start(mode, ownUserIds(), WITHOUT_PTRACE);
    await gateway.kill();
    await gateway.has(0);
    rmSync(gateway.dataDir, { recursive: true });
  });

  // A sandbox ends without a watchdog.
  (mode === 'bubblewrap' ? it.skip : it)('together with its watchdog leaves nothing after the next start', async () => {
    const [killed, other] = await Promise.all([LongGateway.start(mode), LongGateway.start(mode)]);
    await killed.killWatchdog();
    await killed.kill();
    expect(killed.left).toBe(3);
    const settings = { DATA_DIR: killed.dataDir, SERVER_UID_RANGE: killed.userIds };
    const next = await TestLauncher.start({ SERVER_SANDBOX: mode, ...settings });
    await killed.has(0);
    expect(other.left).toBe(3);
    await other.kill();
    await other.has(0);
    next.end();
    for (const { dataDir } of [killed, other]) rmSync(dataDir, { recursive: true });
  });

  // It may have the same ids, although each gateway should have its own.
  (mode === 'uid' ? it : it.skip)('leaves what another one has started', async () => {
    const other = await LongGateway.start(mode);
    const killed = await LongGateway.start(mode, other.userIds);
    await killed.kill();
    await killed.has(1); // the one that pretends. Its id may be that of the other gateway's program
    const settings = { DATA_DIR: killed.dataDir, SERVER_UID_RANGE: killed.userIds };
    const next = await TestLauncher.start({ SERVER_SANDBOX: mode, ...settings });
    await killed.has(0);
    expect(other.left).toBe(3);
    await other.kill();
    await other.has(0);
    next.end();
    for (const { dataDir } of [killed, other]) rmSync(dataDir, { recursive: true });
  });
});
