import { withTimeLimit } from '@manifold/async';
import { EgressError } from '@manifold/egress';
import { ProviderError } from '@manifold/tool-provider';
import type { EraMemory } from './protocol/era.js';
import { handshake } from './handshake.js';
import type { HttpClient, HttpTarget } from './http/http-exchange.js';
import { HttpStatusError } from './http/http-status-error.js';
import { httpTarget } from './http/http-target.js';
import { JsonRpcConnection } from './json-rpc/json-rpc-connection.js';
import { LegacySseTransport } from './legacy/legacy-sse-transport.js';
import type { LogRing } from './protocol/log-ring.js';
import { McpConnection } from './mcp-connection.js';
import { ModernConnection } from './modern/modern-connection.js';
import { ModernHttpTransport } from './modern/modern-http-transport.js';
import { discover } from './negotiation.js';
import type { RpcRequest } from './protocol/transport.js';
import { DEFAULT_RECONNECTION, type ReconnectionOptions } from './http/reconnection.js';
import { StreamableHttpTransport } from './legacy/streamable-http-transport.js';
import { ToolHeaders } from './http/tool-headers.js';
import type { RawObject, UpstreamConnection, UpstreamSession } from './protocol/upstream-connection.js';

export interface HttpSpec {
  readonly url: string;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly reconnectionOptions?: ReconnectionOptions;
  /** A session to resume without `initialize`, if the server still knows it. */
  readonly session?: UpstreamSession;
}

export interface HttpOptions {
  readonly egress: HttpClient;
  readonly log: LogRing;
  /** Aborts the attempt to connect. Has no effect on an open connection. */
  readonly signal: AbortSignal;
  /** The known era of the server. Undefined: the server is treated as a legacy server. */
  readonly era?: EraMemory;
  /** Called when the session that a later `connectHttp` can resume has changed; undefined if there is none. */
  readonly onSession: (session: UpstreamSession | undefined) => void;
  /** The capabilities of the client to which the connection is dedicated, one at a time. See {@link JsonRpcConnection}. */
  readonly clientCapabilities?: RawObject;
}

/**
 * Status codes with which a server that supports only HTTP+SSE refuses `initialize` (2025-11-25, basic/transports,
 * backwards compatibility).
 */
const SPEAKS_HTTP_SSE = [400, 404, 405];
const RENEWAL_MS = 30_000;
const DISCOVERY_MS = 5_000;
const eraUnknown = () =>
  new ProviderError('upstream_unavailable', 'The server did not show which MCP revisions it supports');
const unanswered = () => new ProviderError('upstream_unavailable', 'The server did not answer');

/**
 * Connects to an MCP server over Streamable HTTP, or over HTTP+SSE if it supports only that.
 * @throws ProviderError with the reason in words
 */
export async function connectHttp(spec: HttpSpec, options: HttpOptions): Promise<UpstreamConnection> {
  const target = httpTarget(spec.url, spec.headers, options.egress);
  const { era } = options;
  if (era && era.known !== 'legacy' && !spec.session) {
    const modern = await connectModern(target, options);
    era.found(modern ? 'modern' : 'legacy');
    if (modern) return modern;
  }
  return connectLegacy(target, spec, options);
}

async function connectLegacy(target: HttpTarget, spec: HttpSpec, options: HttpOptions): Promise<UpstreamConnection> {
  try {
    return await connectStreamable(target, spec, options);
  } catch (error) {
    if (!isRefusal(error, SPEAKS_HTTP_SSE)) throw error;
    options.log.add(`initialize was refused (${error.cause.message}): trying HTTP+SSE`);
    return await connectLegacySse(target, options).catch((sseError: unknown) => {
      // The error of the HTTP+SSE attempt counts only if the server supports HTTP+SSE.
      throw options.signal.aborted || isRefusal(sseError, [401, 403, 429]) ? sseError : error;
    });
  }
}

/** @returns undefined if the server does not support the modern era */
async function connectModern(
  target: HttpTarget,
  { log, signal }: HttpOptions,
): Promise<UpstreamConnection | undefined> {
  const rpc = new JsonRpcConnection(log);
  const toolHeaders = new ToolHeaders();
  const headersOf = (message: RpcRequest) => toolHeaders.of(message);
  const transport = new ModernHttpTransport({ target, receiver: rpc, log, headersOf });
  rpc.start(transport);
  try {
    const introduction = await withTimeLimit(signal, DISCOVERY_MS, eraUnknown, (limit) => discover(rpc, limit));
    const correlates = { requests: true, logs: true };
    if (introduction) return new ModernConnection({ rpc, transport, log, introduction, correlates, toolHeaders });
  } catch (error) {
    const isOfLegacyEra = error instanceof ProviderError && !(error.cause instanceof EgressError);
    if (signal.aborted || !isOfLegacyEra || isRefusal(error, [401, 403, 429])) throw error;
  }
  rpc.close();
  await transport.close();
  return undefined;
}

async function connectStreamable(
  target: HttpTarget,
  spec: HttpSpec,
  options: HttpOptions,
): Promise<UpstreamConnection> {
  const { log, signal, onSession, clientCapabilities } = options;
  const rpc = new JsonRpcConnection(log, clientCapabilities !== undefined);
  let initializeResult: RawObject = {};
  const openSession = async (until: AbortSignal): Promise<void> => {
    initializeResult = await handshake(rpc, transport, until, clientCapabilities);
    const { id, protocolVersion } = transport.session;
    if (id !== undefined && protocolVersion !== undefined) onSession({ id, protocolVersion, initializeResult });
  };
  const renewSession = async (): Promise<void> => {
    onSession(undefined);
    await withTimeLimit(new AbortController().signal, RENEWAL_MS, unanswered, openSession);
    connection.sessionRenewed();
  };
  const reconnection = spec.reconnectionOptions ?? DEFAULT_RECONNECTION;
  const transport = new StreamableHttpTransport({ target, receiver: rpc, log, reconnection, renewSession });
  rpc.start(transport);
  // Log messages arrive on the stream of their request. Server requests would, too, but a session has the capabilities of
  // one client only.
  const correlates = { requests: false, logs: true };
  const connection = new McpConnection({ rpc, transport, log, initializeResult: () => initializeResult, correlates });
  try {
    if (spec.session) {
      initializeResult = spec.session.initializeResult;
      transport.resume(spec.session);
    }
    if (!spec.session || !(await isAlive(rpc, signal))) {
      if (spec.session) onSession(undefined);
      await openSession(signal);
    }
    transport.listen();
    return connection;
  } catch (error) {
    rpc.close();
    await transport.close();
    throw error;
  }
}

/** Returns whether a resumed session works. If the server answered 404, the transport has already opened a new session by then. */
async function isAlive(rpc: JsonRpcConnection, signal: AbortSignal): Promise<boolean> {
  try {
    await rpc.request('ping', {}, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    return error instanceof ProviderError && error.rpcError !== undefined;
  }
}

async function connectLegacySse(
  target: HttpTarget,
  { log, signal, clientCapabilities }: HttpOptions,
): Promise<UpstreamConnection> {
  const rpc = new JsonRpcConnection(log, clientCapabilities !== undefined);
  const transport = new LegacySseTransport({ target, receiver: rpc, log });
  rpc.start(transport);
  try {
    await transport.open(signal);
    const initializeResult = await handshake(rpc, transport, signal, clientCapabilities);
    const correlates = { requests: false, logs: false };
    return new McpConnection({ rpc, transport, log, initializeResult: () => initializeResult, correlates });
  } catch (error) {
    rpc.close();
    await transport.close();
    throw error;
  }
}

const isRefusal = (error: unknown, statuses: readonly number[]): error is ProviderError & { cause: HttpStatusError } =>
  error instanceof ProviderError && error.cause instanceof HttpStatusError && statuses.includes(error.cause.status);
