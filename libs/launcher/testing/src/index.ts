import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { loadConfig } from '@manifold/config';
import { Launcher, type IsolationMode, type Launch } from '@manifold/launcher';
import { mayInspectOthers } from '../../../../test/support/process-tree.js';
import { ownUserIds } from '../../../../test/support/user-ids.js';
import { BUBBLEWRAP_PLACES, BUBBLEWRAP_PROBE } from '../../src/isolation/isolation.js';

/** The launchers of a process share what they know about running programs, and so their user ids. */
const USER_IDS = ownUserIds();

/** A launcher with a data folder of its own. */
export class TestLauncher {
  private constructor(
    readonly launcher: Launcher,
    readonly dataDir: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** Returns a launcher as after a restart of the gateway. */
  again(): Promise<TestLauncher> {
    return TestLauncher.over(this.dataDir, this.environment);
  }

  /** @param environment settings in addition to `SERVER_SANDBOX=none` */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TestLauncher> {
    const dataDir = join(openTemporaryFolder(), 'data');
    mkdirSync(dataDir, { mode: 0o700 });
    return TestLauncher.over(dataDir, environment);
  }

  private static async over(dataDir: string, environment: Readonly<Record<string, string>>): Promise<TestLauncher> {
    const settings = { SERVER_SANDBOX: 'none', SERVER_UID_RANGE: USER_IDS, DATA_DIR: dataDir, ...environment };
    const launcher = new Launcher(loadConfig(settings));
    await launcher.onModuleInit();
    return new TestLauncher(launcher, dataDir, environment);
  }

  /** Runs a program to its end. @returns what it wrote to stdout and stderr */
  async run(launch: Pick<Launch, 'command' | 'args'> & Partial<Launch>): Promise<string> {
    const { streams, exited } = await this.launcher.start(launchOf(launch));
    streams.stdin.end();
    const [said, complained] = await Promise.all([text(streams.stdout), text(streams.stderr), exited]);
    return `${said}${complained}`.trim();
  }

  /** Writes a file of the gateway to its data folder. @returns its path */
  write(name: string, content: string): string {
    const file = join(this.dataDir, name);
    writeFileSync(file, content);
    return file;
  }

  /** Removes a file from the home of a server, as its operator does. */
  removeFrom(server: string, file: string): void {
    const servers = join(this.dataDir, 'servers');
    const folder = readdirSync(servers).find((name) => name.startsWith(`${server}~`));
    rmSync(join(servers, folder!, 'shared/home', file));
  }

  end(): void {
    rmSync(join(this.dataDir, '..'), { recursive: true, force: true });
  }
}

/** Where the kernel shows the environment of this process, as that of the gateway. */
export const ENVIRONMENT_OF_GATEWAY = environmentOf(process.pid);

/** The modes in which this machine can keep programs apart. It is known before the tests are defined. */
export const possibleModes: readonly IsolationMode[] = [
  ...(hasBubblewrap() ? (['bubblewrap'] as const) : []),
  ...(isRoot() ? (['uid'] as const) : []),
];

/**
 * Whether this process can read the environment and the shared memory of programs under other user ids. Docker's default capabilities do not
 * allow it to root. Programs under the own id are always open.
 */
export const seesOtherUsers = !isRoot() || mayInspectOthers();

function hasBubblewrap(): boolean {
  const path = BUBBLEWRAP_PLACES.find((place) => existsSync(place));
  const user = isRoot() ? { uid: 200_000, gid: 200_000 } : {};
  return path !== undefined && spawnSync(path, BUBBLEWRAP_PROBE, { ...user, cwd: '/', env: {} }).status === 0;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** A launch for the tenant `default` under generous limits. */
export const launchOf = (launch: Pick<Launch, 'command' | 'args'> & Partial<Launch>): Launch => ({
  owner: { tenant: 'default', server: 'any' },
  env: {},
  limits: { memoryMb: 1024, openFiles: 1024, processes: 100 },
  ...launch,
});

/** Other users can pass through it, as through the parent of a data folder. */
function openTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-launcher-'));
  chmodSync(folder, 0o755);
  return folder;
}

function environmentOf(pid: number): string {
  return `/proc/${pid}/environ`;
}
