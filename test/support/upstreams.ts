import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const SIMULATORS = join(import.meta.dirname, '../simulators/mcp-upstreams');

/** Returns the registration of the simulated stdio server. The comment at the top of echo-stdio.mjs describes its flags. */
export function echoServer(...flags: string[]): { command: string; args: string[] } {
  return { command: process.execPath, args: [join(SIMULATORS, 'echo-stdio.mjs'), ...flags] };
}

/** Returns the registration of the SDK server that supports only the modern era. */
export function modernServer(): { command: string; args: string[] } {
  return { command: process.execPath, args: [join(SIMULATORS, 'sdk-modern.mjs')] };
}

export interface HttpUpstreamState {
  readonly initializes: number;
  readonly sessions: number;
  readonly requests: readonly { method: string; path: string; headers: Record<string, string> }[];
}

/** A simulated MCP server over HTTP, in a process of its own. */
export class HttpUpstream {
  private constructor(
    private readonly child: ChildProcess,
    readonly baseUrl: string,
  ) {}

  /** @param flags described at the top of http-upstream.mjs */
  static start(...flags: string[]): Promise<HttpUpstream> {
    return HttpUpstream.run('http-upstream.mjs', flags);
  }

  /** Starts the SDK server that supports only the modern era. */
  static modern(): Promise<HttpUpstream> {
    return HttpUpstream.run('sdk-modern.mjs', ['--http']);
  }

  private static async run(program: string, flags: readonly string[]): Promise<HttpUpstream> {
    const child = fork(join(SIMULATORS, program), flags, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
    return new HttpUpstream(child, line.replace('listening on ', ''));
  }

  /** The Streamable HTTP endpoint; with --sse-only the HTTP+SSE one. */
  get url(): string {
    return `${this.baseUrl}/mcp`;
  }

  /** Returns the requests that the upstream has received. */
  async state(): Promise<HttpUpstreamState> {
    const response = await fetch(`${this.baseUrl}/control/state`);
    return (await response.json()) as HttpUpstreamState;
  }

  /** Forgets all sessions, as a restart would. */
  async dropSessions(): Promise<void> {
    await fetch(`${this.baseUrl}/control/drop-sessions`, { method: 'POST' });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
