import type { EraMemory } from './era.js';
import { handshake } from './handshake.js';
import { JsonRpcConnection } from './json-rpc-connection.js';
import type { LogRing } from './log-ring.js';
import { McpConnection } from './mcp-connection.js';
import { ModernConnection } from './modern-connection.js';
import { EndedByQuestion, negotiate } from './negotiation.js';
import { abortReason } from './pending-request.js';
import type { Pipe } from './pipe.js';
import { ServerProcess, type StdioSpec } from './server-process.js';
import { StdioPipe } from './stdio-pipe.js';
import type { RawObject, UpstreamConnection } from './upstream-connection.js';

export interface StdioOptions {
  readonly log: LogRing;
  /** Ends the attempt to connect. Without effect on the connection. */
  readonly signal: AbortSignal;
  /** Not given: it is of the legacy era. */
  readonly era?: EraMemory;
  /** Makes it a lane: what the client behind its calls can do. See {@link JsonRpcConnection}. */
  readonly lane?: RawObject;
}

/**
 * Starts an MCP server as a child process and negotiates with it. When this rejects, the process is gone.
 * @throws ProviderError that says why in words: the command, the exit code, the last line on stderr
 */
export async function connectStdio(spec: StdioSpec, options: StdioOptions): Promise<UpstreamConnection> {
  const { era, log } = options;
  const connect = era && era.known !== 'legacy' ? connectEither(spec, options) : connectLegacy(spec, options);
  try {
    return await connect;
  } catch (error) {
    if (!(error instanceof EndedByQuestion)) throw error;
    if (era?.known === 'modern') throw error.cause;
    log.add('It ended when it was asked for its era: it is started in the legacy one');
    const connection = await connectLegacy(spec, options);
    era?.found('legacy');
    return connection;
  }
}

async function connectEither(spec: StdioSpec, options: StdioOptions): Promise<UpstreamConnection> {
  const { signal, lane, era, log } = options;
  return start(spec, options, async (parts) => {
    const negotiated = await negotiate(parts.rpc, parts.pipe, signal, lane);
    era?.found(negotiated.era);
    if (negotiated.era === 'legacy') return legacyConnection(parts, log, negotiated.initializeResult);
    const tellsApart = { questions: true, logs: false };
    return new ModernConnection({ ...parts, log, introduction: negotiated.introduction, tellsApart });
  });
}

function connectLegacy(spec: StdioSpec, options: StdioOptions): Promise<UpstreamConnection> {
  return start(spec, options, async (parts) =>
    legacyConnection(parts, options.log, await handshake(parts.rpc, parts.pipe, options.signal, options.lane)),
  );
}

interface Started {
  readonly rpc: JsonRpcConnection;
  readonly pipe: Pipe;
  readonly pid: number;
}

async function start(
  spec: StdioSpec,
  { log, signal, lane }: StdioOptions,
  agree: (parts: Started) => Promise<UpstreamConnection>,
): Promise<UpstreamConnection> {
  if (signal.aborted) throw abortReason(signal);
  const server = await ServerProcess.start(spec);
  const rpc = new JsonRpcConnection(log, lane !== undefined);
  const pipe = new StdioPipe(server, rpc, log);
  rpc.start(pipe);
  try {
    return await agree({ rpc, pipe, pid: server.pid });
  } catch (error) {
    rpc.close();
    await pipe.close();
    throw error;
  }
}

const legacyConnection = (parts: Started, log: LogRing, initializeResult: RawObject): UpstreamConnection =>
  new McpConnection({
    ...parts,
    log,
    initializeResult: () => initializeResult,
    tellsApart: { questions: false, logs: false },
  });
