import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { isAlive } from './process-tree.js';

/** A demo as `npm run demo:...` starts it. Its port is occupied until the start, and its temporary files are in a separate folder. */
export class DemoProcess {
  output = '';
  private readonly folder = mkdtempSync(join(tmpdir(), 'manifold-demo-spec-'));
  private child?: ChildProcess;

  private constructor(
    private readonly script: string,
    private readonly holder: Server,
    readonly port: number,
  ) {}

  /** @param script its name in `scripts/` */
  static async prepare(script: string): Promise<DemoProcess> {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    return new DemoProcess(script, holder, (holder.address() as AddressInfo).port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** Its temporary files. */
  get files(): string[] {
    return readdirSync(this.folder);
  }

  /** Frees the port and starts the demo. Resolves when the demo has printed its guide. */
  async start(): Promise<void> {
    this.holder.close();
    await once(this.holder, 'close');
    const child = this.spawn();
    await eventually('the demo says what to do', () => {
      if (child.exitCode !== null) throw new Error(`The demo has ended:\n${this.output}`);
      return this.output.includes('Ctrl-C ends the demo');
    });
  }

  /** Starts the demo while its port is occupied. @returns the exit code */
  async startInVain(): Promise<unknown> {
    return (await once(this.spawn(), 'exit'))[0];
  }

  /** @returns the exit code */
  async end(signal: NodeJS.Signals): Promise<unknown> {
    const ended = once(this.child!, 'exit');
    this.child!.kill(signal);
    return (await ended)[0];
  }

  async dispose(): Promise<void> {
    if (this.child && isAlive(this.pid)) await this.end('SIGINT');
    this.holder.close();
    rmSync(this.folder, { recursive: true });
  }

  private spawn(): ChildProcess {
    const program = join(import.meta.dirname, '../../scripts', this.script);
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: this.folder, PORT: String(this.port) };
    this.child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    return this.child;
  }
}
