import { execFile, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const GATEWAY = join(ROOT, 'dist/apps/gateway/src/main.js');
const ADMIN = join(ROOT, 'dist/apps/gateway/src/admin.js');
const EVERYTHING = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const POLL_MS = 5;
const START_LIMIT_MS = 60_000;

export const ECHO_STDIO = join(ROOT, 'test/simulators/mcp-upstreams/echo-stdio.mjs');

/** A server under load: its process, its port, and how long it took from spawn to listening. */
export class Program {
  constructor(child, port, startedAt) {
    this.child = child;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.startedAt = startedAt;
  }

  get pid() {
    return this.child.pid;
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}

/** Lets other users pass a folder: servers, which run as such, have their folders in it. */
function passable(folder) {
  chmodSync(folder, 0o711);
  return folder;
}

/** Where one gateway lives over several starts: its data, its key and its settings, as in production. */
export class GatewayHome {
  folder = passable(mkdtempSync(join(tmpdir(), 'manifold-bench-')));
  logFile = join(this.folder, 'gateway.log');
  env = {
    PATH: process.env.PATH,
    HOME: this.folder,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    DATA_DIR: join(this.folder, 'data'),
    SECRETS_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'info',
    SHUTDOWN_DELAY_MS: '0',
    RATE_LIMIT_PER_PRINCIPAL: '1000000000', // counted as in production, and never reached
    // One caller opens all sessions.
    SHARE_PER_PRINCIPAL: '100',
    SHARE_PER_TENANT: '100',
  };

  /** @returns an API key; the gateway must not run meanwhile */
  async createKey() {
    const args = [
      ADMIN,
      '--create-database',
      'create-key',
      '--name',
      'bench',
      '--roles',
      'service,operator,admin,user',
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: this.env });
    const [key] = /mfk_[\w-]+/.exec(stdout) ?? [];
    if (key === undefined) throw new Error(`create-key printed no key: ${stdout}`);
    return key;
  }

  /** Starts the gateway and waits until its port is open. Its log goes to a file, as a service's would. */
  async start(nodeArgs = []) {
    const port = await freePort();
    const log = openSync(this.logFile, 'a');
    const startedAt = performance.now();
    const env = { ...this.env, PORT: String(port) };
    const child = spawn(process.execPath, [...nodeArgs, GATEWAY], { cwd: ROOT, env, stdio: ['ignore', log, log] });
    closeSync(log);
    const program = new Program(child, port, startedAt);
    try {
      await listening(program);
    } catch (error) {
      await program.stop();
      throw new Error(`${error.message}\n${this.log()}`);
    }
    return program;
  }

  log() {
    return readFileSync(this.logFile, 'utf8');
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** server-everything's own Streamable HTTP endpoint: the reference that the SDK's server gives. */
export async function startEverything() {
  const port = await freePort();
  const env = { PATH: process.env.PATH, PORT: String(port) };
  const startedAt = performance.now();
  const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], { cwd: ROOT, env, stdio: 'ignore' });
  const program = new Program(child, port, startedAt);
  await listening(program);
  return program;
}

export async function startHttpEcho() {
  const startedAt = performance.now();
  const child = fork(join(import.meta.dirname, 'http-echo.mjs'));
  const [{ port }] = await once(child, 'message');
  return new Program(child, port, startedAt);
}

/**
 * A simulated backend in a process of its own.
 * @returns its process, the variables by which a gateway finds it, and its users' tokens
 */
export async function startSimulator(name, job) {
  const child = fork(join(import.meta.dirname, `${name}-simulator.mjs`), [JSON.stringify(job)]);
  const [{ settings, tokens }] = await once(child, 'message');
  return { child, settings, tokens };
}

/** Tries to connect until a program listens. */
async function listening({ child, port }) {
  const deadline = performance.now() + START_LIMIT_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`The program ended with ${child.exitCode} before it listened`);
    if (performance.now() > deadline) throw new Error(`Nobody listened within ${START_LIMIT_MS} ms`);
    await sleep(POLL_MS);
  }
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
