import { ProviderError } from '@manifold/tool-provider';
import type { EraMemory } from './protocol/era.js';
import { handshake } from './handshake.js';
import { JsonRpcConnection } from './json-rpc/json-rpc-connection.js';
import type { LogRing } from './protocol/log-ring.js';
import { McpConnection } from './mcp-connection.js';
import { ModernConnection } from './modern/modern-connection.js';
import { EndedByProbeError, negotiate } from './negotiation.js';
import { abortReason } from './json-rpc/pending-request.js';
import type { Transport } from './protocol/transport.js';
import { StdioTransport, type StdioProcess } from './stdio/stdio-transport.js';
import type { RawObject, UpstreamConnection } from './protocol/upstream-connection.js';

/** Starts the program of a server. @throws an error with a message for the caller, which names the command */
export type StartProgram = () => Promise<StdioProcess>;

export interface StdioOptions {
  readonly log: LogRing;
  /** Aborts the attempt to connect. Has no effect on an open connection. */
  readonly signal: AbortSignal;
  /** The known era of the server. Undefined: the server is treated as a legacy server. */
  readonly era?: EraMemory;
  /** The capabilities of the client to which the connection is dedicated, one at a time. See {@link JsonRpcConnection}. */
  readonly clientCapabilities?: RawObject;
  /** How many milliseconds the probe for the era waits alone. Then `initialize` is sent, too. */
  readonly probePatienceMs?: number;
  /** Maximum size of a message of the server; 8 MiB by default. */
  readonly maxMessageBytes?: number;
}

/**
 * Starts an MCP server as a child process and negotiates the protocol version with it. When this rejects, the process has
 * ended.
 * @throws ProviderError with the reason in words: the command, the exit code, the last line on stderr
 */
export async function connectStdio(program: StartProgram, options: StdioOptions): Promise<UpstreamConnection> {
  const { era, log } = options;
  const connect = era && era.known !== 'legacy' ? connectEither(program, options) : connectLegacy(program, options);
  try {
    return await connect;
  } catch (error) {
    if (!(error instanceof EndedByProbeError)) throw error;
    if (era?.known === 'modern') throw error.cause;
    log.add('The server ended on the request server/discover: starting it with a legacy revision');
    const connection = await connectLegacy(program, options);
    era?.found('legacy');
    return connection;
  }
}

async function connectEither(program: StartProgram, options: StdioOptions): Promise<UpstreamConnection> {
  const { signal, clientCapabilities, era, log, probePatienceMs } = options;
  return start(program, options, async (parts) => {
    const negotiated = await negotiate(parts.rpc, parts.transport, signal, clientCapabilities, probePatienceMs);
    era?.found(negotiated.era);
    if (negotiated.era === 'legacy') return legacyConnection(parts, log, negotiated.initializeResult);
    const correlates = { requests: true, logs: false };
    return new ModernConnection({ ...parts, log, introduction: negotiated.introduction, correlates });
  });
}

function connectLegacy(program: StartProgram, options: StdioOptions): Promise<UpstreamConnection> {
  return start(program, options, async (parts) =>
    legacyConnection(
      parts,
      options.log,
      await handshake(parts.rpc, parts.transport, options.signal, options.clientCapabilities),
    ),
  );
}

interface Started {
  readonly rpc: JsonRpcConnection;
  readonly transport: Transport;
  readonly pid: number;
}

async function start(
  program: StartProgram,
  { log, signal, clientCapabilities, maxMessageBytes }: StdioOptions,
  agree: (parts: Started) => Promise<UpstreamConnection>,
): Promise<UpstreamConnection> {
  if (signal.aborted) throw abortReason(signal);
  log.begin();
  const server = await program().catch(asUnavailable);
  const rpc = new JsonRpcConnection(log, clientCapabilities !== undefined);
  const transport = new StdioTransport(server, rpc, log, maxMessageBytes);
  rpc.start(transport);
  try {
    return await agree({ rpc, transport, pid: server.pid });
  } catch (error) {
    rpc.close();
    await transport.close();
    throw error;
  }
}

function asUnavailable(cause: Error): never {
  throw new ProviderError('upstream_unavailable', cause.message, { cause });
}

const legacyConnection = (parts: Started, log: LogRing, initializeResult: RawObject): UpstreamConnection =>
  new McpConnection({
    ...parts,
    log,
    initializeResult: () => initializeResult,
    correlates: { requests: false, logs: false },
  });
