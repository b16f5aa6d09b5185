import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { GatewayReplica } from './gateway-replica.js';
import { descendants, isAlive, processesNaming } from './process-tree.js';
import { ReplicaSurroundings } from './replica-surroundings.js';

/**
 * How many processes a gateway of the tests has: 1, unless told by MANIFOLD_TEST_REPLICAS. Several of them share a MongoDB stand-in and a
 * real Redis, and stand behind a proxy that hands requests out in turn.
 */
export const REPLICAS = Number(process.env.MANIFOLD_TEST_REPLICAS ?? 1);

export interface GatewayOptions {
  /** Variables on top of development defaults; NODE_ENV: 'production' gets a SECRETS_KEY by itself. With a database: one process. */
  readonly env?: Readonly<Record<string, string>>;
  /** With server-everything, which a newcomer gets on the first start; a process more for each gateway. */
  readonly sampleServer?: boolean;
  /** The built entry point, unless told. */
  readonly program?: string;
  /** How many processes, whatever MANIFOLD_TEST_REPLICAS says. */
  readonly replicas?: number;
}

/**
 * The built gateway on a port and in a DATA_DIR of its own: a real process, or several.
 *
 * Lifecycle: 1. `start`; 2. `stop`, `kill9` and `restart` as often as wanted, port and data stay; 3. `dispose` ends it and removes the data.
 */
export class GatewayProcess {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'manifold-'));
  private readonly secretsKey = randomBytes(32).toString('base64');
  readonly replicas: GatewayReplica[] = [];
  private surroundings?: ReplicaSurroundings;

  private constructor(private readonly options: GatewayOptions) {}

  /** @throws when it ends before it answers `/livez`, with what it logged */
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

  /** The environment that it runs in: what a command of the same installation needs too. */
  get env(): Record<string, string> {
    return { ...this.replicas[0]!.env };
  }

  /** What several processes share. @throws where there is one */
  get shared(): ReplicaSurroundings {
    if (!this.surroundings) throw new Error('This gateway has one process');
    return this.surroundings;
  }

  /** Those of its processes. */
  get dataDirs(): string[] {
    return this.replicas.map(({ env }) => env.DATA_DIR!);
  }

  /** Everything that it wrote to stdout and stderr, over all restarts. */
  logs(): string {
    return this.replicas.map((replica) => replica.logs()).join('');
  }

  /** Its living child processes, and theirs. */
  children(): number[] {
    return this.replicas.filter(({ isRunning }) => isRunning).flatMap(({ pid }) => descendants(pid));
  }

  /** SIGTERM, as a deployment stops it. @throws when the exit code is not 0 */
  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.stop()));
  }

  /** As a crash of the machine would end it: nothing is tidied up. */
  async kill9(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.kill9()));
  }

  /** Stops it where it runs, and starts it again on the same port and data. */
  async restart(): Promise<void> {
    if (this.replicas.some(({ isRunning }) => isRunning)) await this.stop();
    await this.startAll();
  }

  /** For `afterAll`: whatever state it is in. */
  async dispose(): Promise<void> {
    const family = this.children();
    await this.kill9();
    for (const pid of family) killIfThere(pid);
    await eventually('the child processes are gone', () => !family.some(isAlive));
    await this.surroundings?.stop();
    // A server that was being started meanwhile is not in the family, and writes its last words.
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
      chmodSync(this.dataDir, 0o711); // for servers that run as somebody else, as a gateway does with its own folder
    }
    for (let index = 0; index < count; index += 1) {
      const dataDir = count > 1 ? join(this.dataDir, `replica-${index}`) : this.dataDir;
      const port = await freePort();
      this.replicas.push(new GatewayReplica(port, this.environment(port, dataDir), this.options.program));
      this.surroundings?.serve(port);
    }
    await this.startAll();
  }

  /** One after another: the first prepares the database. */
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
