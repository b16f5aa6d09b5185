import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

const PROGRAM = '/usr/bin/redis-server';
const READY = /Ready to accept connections/;
const PORT_TAKEN = /Address already in use/;

/** Whether tests with a real Redis can run here. CI says that they must (`REDIS_REQUIRED=1`). */
export const hasRedis = existsSync(PROGRAM) || process.env.REDIS_REQUIRED === '1';

/** A real Redis on loopback that keeps nothing. */
export class RedisServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly port: number,
  ) {}

  static async start(): Promise<RedisServer> {
    for (;;) {
      const port = 30_000 + Math.floor(Math.random() * 2_000);
      const server = await startOn(port);
      if (server) return new RedisServer(server, port);
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}

async function startOn(port: number): Promise<ChildProcess | undefined> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn(PROGRAM, settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(server.stdout)) {
    if (READY.test(line)) {
      server.stdout.resume(); // what it logs later must not fill the pipe
      return server;
    }
    if (PORT_TAKEN.test(line)) return undefined;
  }
  throw new Error(`${PROGRAM} ended while it started`);
}
