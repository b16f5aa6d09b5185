import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { GatewayReplica } from './gateway-replica.js';
import { descendants, isAlive, processesNaming } from './process-tree.js';
import { ReplicaSurroundings } from './replica-surroundings.js';
import { ownUserIds } from './user-ids.js';

/**
 * The number of processes of a test gateway: 1, unless MANIFOLD_TEST_REPLICAS is set. Several processes share a MongoDB stand-in and a real
 * Redis, behind a proxy that distributes requests in turn.
 */
export const REPLICAS = Number(process.env.MANIFOLD_TEST_REPLICAS ?? 1);

export interface GatewayOptions {
  /**
   * Variables in addition to the development defaults. With NODE_ENV: 'production' a SECRETS_KEY is added. With a database of its own the
   * gateway has one process.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it registers server-everything on the first start, as for a new user; that is one more process for each gateway. */
  readonly sampleServer?: boolean;
  /** The built entry point, unless told. */
  readonly program?: string;
  /** The number of processes; overrides MANIFOLD_TEST_REPLICAS. */
  readonly replicas?: number;
}

/**
 * The built gateway as one or several real processes, with its own port and DATA_DIR.
 *
 * Lifecycle: 1. `start`; 2. `stop`, `kill9` and `restart` any number of times (port and data stay); 3. `dispose` ends it and removes the
 * data.
 */
export class GatewayProcess {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'manifold-'));
  private readonly secretsKey = randomBytes(32).toString('base64');
  readonly replicas: GatewayReplica[] = [];
  private surroundings?: ReplicaSurroundings;

  private constructor(private readonly options: GatewayOptions) {}

  /** Starts a gateway. @throws when it ends before it answers `/livez`, with its log */
  static async start(options: GatewayOptions = {}): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(options);
    try {
      await gateway.begin();
    } catch (error) {
      await gateway.dispose();
      throw error;
    }
    return gateway;
  }

  get url(): string {
    return this.surroundings?.url ?? this.replicas[0]!.url;
  }

  get pid(): number {
    return this.replicas[0]!.pid;
  }

  /** The environment of its first process; commands of the same installation need it, too. */
  get env(): Record<string, string> {
    return { ...this.replicas[0]!.env };
  }

  /** The services that several processes share. @throws if there is only one process */
  get shared(): ReplicaSurroundings {
    if (!this.surroundings) throw new Error('This gateway has one process');
    return this.surroundings;
  }

  /** The DATA_DIRs of its processes. */
  get dataDirs(): string[] {
    return this.replicas.map(({ env }) => env.DATA_DIR!);
  }

  /** Returns everything that it wrote to stdout and stderr, over all restarts. */
  logs(): string {
    return this.replicas.map((replica) => replica.logs()).join('');
  }

  /** Returns its living child processes and their descendants. */
  children(): number[] {
    return this.replicas.filter(({ isRunning }) => isRunning).flatMap(({ pid }) => descendants(pid));
  }

  /** Stops it with SIGTERM, like a deployment. @throws when the exit code is not 0 */
  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.stop()));
  }

  /** Kills it with SIGKILL, like a crash: there is no cleanup. */
  async kill9(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.kill9()));
  }

  /** Stops it if it runs, and starts it again on the same port and data. */
  async restart(): Promise<void> {
    if (this.replicas.some(({ isRunning }) => isRunning)) await this.stop();
    await this.startAll();
  }

  /** Ends it in any state: for `afterAll`. */
  async dispose(): Promise<void> {
    const family = this.children();
    await this.kill9();
    for (const pid of family) killIfThere(pid);
    await eventually('the child processes are gone', () => !family.some(isAlive));
    await this.surroundings?.stop();
    // A server that was just starting is not in the list, and may still write files.
    await eventually('no process uses its folder', () => {
      const left = processesNaming(this.dataDir);
      left.forEach(killIfThere);
      return left.length === 0;
    });
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private async begin(): Promise<void> {
    const hasDatabase = this.options.env?.MONGO_URL !== undefined;
    const count = this.options.replicas ?? (hasDatabase ? 1 : REPLICAS);
    if (count > 1) {
      this.surroundings = await ReplicaSurroundings.start();
      chmodSync(this.dataDir, 0o711); // for servers that run as another user, as the gateway does with its own folder
    }
    for (let index = 0; index < count; index += 1) {
      const dataDir = count > 1 ? join(this.dataDir, `replica-${index}`) : this.dataDir;
      const port = await freePort();
      this.replicas.push(new GatewayReplica(port, this.environment(port, dataDir), this.options.program));
      this.surroundings?.serve(port);
    }
    await this.startAll();
  }

  /** Starts the processes one after another: the first prepares the database. */
  private async startAll(): Promise<void> {
    for (const replica of this.replicas) await replica.start();
  }

  private environment(port: number, dataDir: string): Record<string, string> {
    const needsKey = this.options.env?.NODE_ENV === 'production' || this.surroundings !== undefined;
    return {
      PATH: process.env.PATH!,
      HOME: dataDir,
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: dataDir,
      SHUTDOWN_DELAY_MS: '0',
      ...(this.options.env?.SERVER_UID === undefined && { SERVER_UID_RANGE: ownUserIds() }),
      SERVER_SANDBOX: 'none', // servers of the tests write to files that the tests read
      EVENT_LOOP_DELAY_MAX_MS: '0', // no test is to fail because the machine is busy; only production has it on
      ...(!this.options.sampleServer && { SAMPLE_SERVER: 'false' }),
      ...(needsKey && { SECRETS_KEY: this.secretsKey }),
      ...this.surroundings?.env,
      ...this.options.env,
    };
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}
