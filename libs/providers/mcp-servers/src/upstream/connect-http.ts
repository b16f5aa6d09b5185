import { EgressError } from '@manifold/egress';
import { ProviderError } from '@manifold/tool-provider';
import { withTimeLimit } from '../time-limit.js';
import type { EraMemory } from './era.js';
import { handshake } from './handshake.js';
import type { HttpClient, HttpTarget } from './http-exchange.js';
import { HttpRefusal } from './http-refusal.js';
import { httpTarget } from './http-target.js';
import { JsonRpcConnection } from './json-rpc-connection.js';
import { LegacySsePipe } from './legacy-sse-pipe.js';
import type { LogRing } from './log-ring.js';
import { McpConnection } from './mcp-connection.js';
import { ModernConnection } from './modern-connection.js';
import { ModernHttpPipe } from './modern-http-pipe.js';
import { discover } from './negotiation.js';
import type { RpcRequest } from './pipe.js';
import { DEFAULT_RECONNECTION, type ReconnectionOptions } from './reconnection.js';
import { StreamableHttpPipe } from './streamable-http-pipe.js';
import { ToolHeaders } from './tool-headers.js';
import type { RawObject, UpstreamConnection, UpstreamSession } from './upstream-connection.js';

export interface HttpSpec {
  readonly url: string;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly reconnectionOptions?: ReconnectionOptions;
  /** Resumed without `initialize` if the server still knows it. */
  readonly session?: UpstreamSession;
}

export interface HttpOptions {
  readonly egress: HttpClient;
  readonly log: LogRing;
  /** Ends the attempt to connect. Without effect on the connection. */
  readonly signal: AbortSignal;
  /** Not given: the server is of the legacy era. */
  readonly era?: EraMemory;
  /** The session that a later `connectHttp` can resume has changed; undefined: there is none. */
  readonly onSession: (session: UpstreamSession | undefined) => void;
  /** Makes it a lane: what the client behind its calls can do. See {@link JsonRpcConnection}. */
  readonly lane?: RawObject;
}

/** What a refused `initialize` looks like where only HTTP+SSE is spoken (2025-11-25, basic/transports, backwards compatibility). */
const SPEAKS_HTTP_SSE = [400, 404, 405];
const RENEWAL_MS = 30_000;
const DISCOVERY_MS = 5_000;
const NO_ANSWER = 'The server did not say of which era it is';

/**
 * Connects to an MCP server over Streamable HTTP, or over HTTP+SSE where it speaks only that.
 * @throws ProviderError that says why in words
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
      // What it says about itself as an HTTP+SSE server counts only if it is one.
      throw options.signal.aborted || isRefusal(sseError, [401, 403, 429]) ? sseError : error;
    });
  }
}

/** @returns undefined where the server does not speak like this */
async function connectModern(
  target: HttpTarget,
  { log, signal }: HttpOptions,
): Promise<UpstreamConnection | undefined> {
  const rpc = new JsonRpcConnection(log);
  const toolHeaders = new ToolHeaders();
  const headersOf = (message: RpcRequest) => toolHeaders.of(message);
  const pipe = new ModernHttpPipe({ target, receiver: rpc, log, headersOf });
  rpc.start(pipe);
  try {
    const introduction = await withTimeLimit(signal, DISCOVERY_MS, NO_ANSWER, (limit) => discover(rpc, limit));
    const tellsApart = { questions: true, logs: true };
    if (introduction) return new ModernConnection({ rpc, pipe, log, introduction, tellsApart, toolHeaders });
  } catch (error) {
    const isOfLegacyEra = error instanceof ProviderError && !(error.cause instanceof EgressError);
    if (signal.aborted || !isOfLegacyEra || isRefusal(error, [401, 403, 429])) throw error;
  }
  rpc.close();
  await pipe.close();
  return undefined;
}

async function connectStreamable(
  target: HttpTarget,
  spec: HttpSpec,
  options: HttpOptions,
): Promise<UpstreamConnection> {
  const { log, signal, onSession, lane } = options;
  const rpc = new JsonRpcConnection(log, lane !== undefined);
  let initializeResult: RawObject = {};
  const openSession = async (until: AbortSignal): Promise<void> => {
    initializeResult = await handshake(rpc, pipe, until, lane);
    const { id, protocolVersion } = pipe.session;
    if (id !== undefined && protocolVersion !== undefined) onSession({ id, protocolVersion, initializeResult });
  };
  const renewSession = async (): Promise<void> => {
    onSession(undefined);
    await withTimeLimit(new AbortController().signal, RENEWAL_MS, 'The server did not answer', openSession);
    connection.sessionRenewed();
  };
  const reconnection = spec.reconnectionOptions ?? DEFAULT_RECONNECTION;
  const pipe = new StreamableHttpPipe({ target, receiver: rpc, log, reconnection, renewSession });
  rpc.start(pipe);
  // Log lines come on the stream of their request. Questions would too, but a session has one client's capabilities.
  const tellsApart = { questions: false, logs: true };
  const connection = new McpConnection({ rpc, pipe, log, initializeResult: () => initializeResult, tellsApart });
  try {
    if (spec.session) {
      initializeResult = spec.session.initializeResult;
      pipe.resume(spec.session);
    }
    if (!spec.session || !(await isAlive(rpc, signal))) {
      if (spec.session) onSession(undefined);
      await openSession(signal);
    }
    pipe.listen();
    return connection;
  } catch (error) {
    rpc.close();
    await pipe.close();
    throw error;
  }
}

/** Whether a resumed session is good. Its end (404) has been dealt with by then: the pipe has opened a new one. */
async function isAlive(rpc: JsonRpcConnection, signal: AbortSignal): Promise<boolean> {
  try {
    await rpc.request('ping', {}, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    return error instanceof ProviderError && error.rpcError !== undefined;
  }
}

async function connectLegacySse(target: HttpTarget, { log, signal, lane }: HttpOptions): Promise<UpstreamConnection> {
  const rpc = new JsonRpcConnection(log, lane !== undefined);
  const pipe = new LegacySsePipe({ target, receiver: rpc, log });
  rpc.start(pipe);
  try {
    await pipe.open(signal);
    const initializeResult = await handshake(rpc, pipe, signal, lane);
    const tellsApart = { questions: false, logs: false };
    return new McpConnection({ rpc, pipe, log, initializeResult: () => initializeResult, tellsApart });
  } catch (error) {
    rpc.close();
    await pipe.close();
    throw error;
  }
}

const isRefusal = (error: unknown, statuses: readonly number[]): error is ProviderError & { cause: HttpRefusal } =>
  error instanceof ProviderError && error.cause instanceof HttpRefusal && statuses.includes(error.cause.status);
