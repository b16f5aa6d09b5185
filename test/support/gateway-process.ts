import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { descendants, isAlive } from './process-tree.js';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/apps/gateway/src/main.js');
/** Less than a hook of jest may take. Many gateways start on a machine of two cores. */
const START_LIMIT_MS = 90_000;

export interface GatewayOptions {
  /** Variables on top of development defaults; NODE_ENV: 'production' gets a SECRETS_KEY by itself. */
  readonly env?: Readonly<Record<string, string>>;
  /** With server-everything, which a newcomer gets on the first start; a process more for each gateway. */
  readonly sampleServer?: boolean;
  /** The built entry point, unless told. */
  readonly program?: string;
}

/**
 * The built gateway as a real process on a port and in a DATA_DIR of its own.
 *
 * Lifecycle: 1. `start`; 2. `stop`, `kill9` and `restart` as often as wanted, port and data stay; 3. `dispose` ends it and removes the data.
 */
export class GatewayProcess {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'manifold-'));
  private readonly secretsKey = randomBytes(32).toString('base64');
  private child?: ChildProcess;
  private output = '';

  private constructor(
    private readonly port: number,
    private readonly options: GatewayOptions,
  ) {}

  /** @throws when it ends before it answers `/livez`, with what it logged */
  static async start(options: GatewayOptions = {}): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(await freePort(), options);
    try {
      await gateway.spawn();
    } catch (error) {
      await gateway.dispose();
      throw error;
    }
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** The environment that it runs in: what a command of the same installation needs too. */
  get env(): Record<string, string> {
    const production = this.options.env?.NODE_ENV === 'production';
    return {
      PATH: process.env.PATH!,
      HOME: this.dataDir,
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: String(this.port),
      DATA_DIR: this.dataDir,
      ...(!this.options.sampleServer && { SAMPLE_SERVER: 'false' }),
      ...(production && { SECRETS_KEY: this.secretsKey }),
      ...this.options.env,
    };
  }

  /** Everything that it wrote to stdout and stderr, over all restarts. */
  logs(): string {
    return this.output;
  }

  /** Its living child processes, and theirs. */
  children(): number[] {
    return descendants(this.pid);
  }

  /** SIGTERM, as a deployment stops it. @throws when the exit code is not 0 */
  async stop(): Promise<void> {
    const code = await this.end('SIGTERM');
    if (code !== 0) throw new Error(`The gateway ended with ${code}:\n${this.output}`);
  }

  /** As a crash of the machine would end it: nothing is tidied up. */
  async kill9(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Stops it where it runs, and starts it again on the same port and data. */
  async restart(): Promise<void> {
    if (this.isRunning()) await this.stop();
    await this.spawn();
  }

  /** For `afterAll`: whatever state it is in. */
  async dispose(): Promise<void> {
    const family = this.isRunning() ? this.children() : [];
    await this.kill9();
    for (const pid of family) killIfThere(pid);
    await eventually('the child processes are gone', () => !family.some(isAlive));
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  private async spawn(): Promise<void> {
    const program = this.options.program ?? MAIN;
    if (!existsSync(program)) throw new Error(`${program} is not there: npm run build`);
    const child = spawn(process.execPath, [program], { cwd: ROOT, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    await eventually(
      'the gateway answers /livez',
      () => {
        if (!this.isRunning()) throw new Error(`The gateway ended while it started:\n${this.output}`);
        return isUp(this.url);
      },
      START_LIMIT_MS,
    );
  }

  private async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const { child } = this;
    if (child === undefined) return null;
    if (this.isRunning()) {
      const closed = once(child, 'close'); // after 'exit', when the last log line has been read
      child.kill(signal);
      await closed;
    }
    return child.exitCode ?? child.signalCode;
  }
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/livez`)).ok;
  } catch {
    return false; // nobody listens yet
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}

/** Below the range from which the system takes ports for outgoing connections: a restarted gateway finds its port free. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 30_000);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue; // in use
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
