import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.js';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/apps/gateway/src/main.js');
/** The timeout of a start in milliseconds: less than that of a jest hook. Many gateways start on a machine with two cores. */
const START_LIMIT_MS = 300_000;

/** One process of the built gateway. */
export class GatewayReplica {
  private child?: ChildProcess;
  private output = '';
  private lastAnswer = '';

  /**
   * @param env the whole environment
   * @param program the built entry point, unless given
   */
  constructor(
    readonly port: number,
    readonly env: Readonly<Record<string, string>>,
    private readonly program = MAIN,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Returns everything that it wrote to stdout and stderr, over all starts. */
  logs(): string {
    return this.output;
  }

  /** Starts the process. @throws when it ends before it answers `/livez`, with its log */
  async start(): Promise<void> {
    if (!existsSync(this.program)) throw new Error(`${this.program} is not there: npm run build`);
    const child = spawn(process.execPath, [this.program], {
      cwd: ROOT,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    const before = this.output.length;
    await eventually('the gateway answers /livez', () => this.isUp(), START_LIMIT_MS).catch((error: Error) => {
      const state = this.isRunning ? `. ${this.lastAnswer}; its threads: ${threadsOf(child.pid!).join(', ')}` : '';
      error.message += `${state}:\n${this.output.slice(before)}`;
      throw error;
    });
  }

  /** Stops it with SIGTERM, like a deployment. @throws when the exit code is not 0 */
  async stop(): Promise<void> {
    const code = await this.end('SIGTERM');
    if (code !== 0) throw new Error(`The gateway ended with ${code}:\n${this.output}`);
  }

  /** Kills it with SIGKILL, like a crash: there is no cleanup. */
  async kill9(): Promise<void> {
    await this.end('SIGKILL');
  }

  private async isUp(): Promise<boolean> {
    if (!this.isRunning) throw new Error('The gateway ended while it started');
    try {
      const { ok, status } = await fetch(`${this.url}/livez`);
      this.lastAnswer = `It answered ${status}`;
      return ok;
    } catch (error) {
      this.lastAnswer = `It did not answer: ${String((error as Error).cause)}`;
      return false; // it does not listen yet
    }
  }

  private async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const { child } = this;
    if (child === undefined) return null;
    if (this.isRunning) {
      const closed = once(child, 'close'); // after 'exit', when the last log line has been read
      child.kill(signal);
      await closed;
    }
    return child.exitCode ?? child.signalCode;
  }
}

/** Returns the states of the threads of a process that hangs. */
function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const read = (what: string): string => readFileSync(`/proc/${pid}/task/${thread}/${what}`, 'utf8').trim();
    return `${read('comm')} ${read('stat').split(' ')[2]} ${read('wchan')}`;
  });
}
