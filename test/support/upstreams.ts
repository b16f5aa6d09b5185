import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const SIMULATORS = join(import.meta.dirname, '../simulators/mcp-upstreams');

/** What a registration of the simulated stdio server says. Its flags are described at the top of echo-stdio.mjs. */
export function echoServer(...flags: string[]): { command: string; args: string[] } {
  return { command: process.execPath, args: [join(SIMULATORS, 'echo-stdio.mjs'), ...flags] };
}

/** The same for the server of the SDK that speaks the modern era only. */
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

  /** The server of the SDK that speaks the modern era only. */
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

  /** What the upstream saw so far. */
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
