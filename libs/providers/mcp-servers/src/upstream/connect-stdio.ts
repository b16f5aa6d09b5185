import { handshake } from './handshake.js';
import { JsonRpcConnection } from './json-rpc-connection.js';
import type { LogRing } from './log-ring.js';
import { McpConnection } from './mcp-connection.js';
import { abortReason } from './pending-request.js';
import { ServerProcess, type StdioSpec } from './server-process.js';
import { StdioPipe } from './stdio-pipe.js';
import type { RawObject, UpstreamConnection } from './upstream-connection.js';

export interface StdioOptions {
  readonly log: LogRing;
  /** Ends the attempt to connect. Without effect on the connection. */
  readonly signal: AbortSignal;
  /** Makes it a lane: what the client behind its calls can do. See {@link JsonRpcConnection}. */
  readonly lane?: RawObject;
}

/**
 * Starts an MCP server as a child process and initialises it. When this rejects, the process is gone.
 * @throws ProviderError that says why in words: the command, the exit code, the last line on stderr
 */
export async function connectStdio(spec: StdioSpec, options: StdioOptions): Promise<UpstreamConnection> {
  const { log, signal, lane } = options;
  if (signal.aborted) throw abortReason(signal);
  const server = await ServerProcess.start(spec);
  const rpc = new JsonRpcConnection(log, lane !== undefined);
  const pipe = new StdioPipe(server, rpc, log);
  rpc.start(pipe);
  try {
    const initializeResult = await handshake(rpc, pipe, signal, lane);
    const tellsApart = { questions: false, logs: false };
    return new McpConnection({ rpc, pipe, log, initializeResult: () => initializeResult, pid: server.pid, tellsApart });
  } catch (error) {
    rpc.close();
    await pipe.close();
    throw error;
  }
}
