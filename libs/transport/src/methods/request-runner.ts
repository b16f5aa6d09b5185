import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import {
  openCall,
  ProviderError,
  type LogMessage,
  type OpenCall,
  type Progress,
  type RawObject,
  type SpanAttributes,
} from '@manifold/tool-provider';
import { CallsInFlight } from '@manifold/tool-registry';
import { Tracing, type RequestSource, type ServerSpan } from '@manifold/observability';
import type { CallClient } from '../sessions/call-client.js';
import type { OpenCalls } from '../json-rpc/calls-in-flight.js';
import { INTERNAL_ERROR, JsonRpcError, methodNotFound } from '../json-rpc/json-rpc-error.js';
import { metaOf, notificationMessage, type JsonRpcRequest, type Params, type RequestId } from '../json-rpc/json-rpc.js';
import { isLogged, type LogLevel } from '../json-rpc/log-level.js';
import type { Client, MethodResult } from './method-handler.js';
import { Methods } from './methods.js';
import {
  CLIENT_CAPABILITIES_KEY,
  CLIENT_INFO_KEY,
  LOG_LEVEL_KEY,
  PROTOCOL_VERSION_KEY,
  SUBSCRIPTION_ID_KEY,
} from '../json-rpc/request-meta.js';
import type { Text } from '../json-rpc/spliced-text.js';

/** Maximum characters of a name or id in a span. Real names are shorter. */
const LONGEST_IN_SPAN = 128;
/** Methods whose spans name the tool or prompt. */
const NAMED_METHODS: readonly string[] = ['tools/call', 'prompts/get'];
/** Keys of `_meta` that concern only the client and the gateway. They are not sent to an upstream. */
const OWN_KEYS: readonly string[] = [
  'progressToken',
  PROTOCOL_VERSION_KEY,
  CLIENT_CAPABILITIES_KEY,
  CLIENT_INFO_KEY,
  LOG_LEVEL_KEY,
  SUBSCRIPTION_ID_KEY,
];

/** The sender of a request, and the means to send messages back. */
export interface Caller extends Client {
  readonly principal: Principal;
  /** HTTP request that carried the request. */
  readonly source: RequestSource;
  /** Running requests of this client. The runner adds the request for as long as it runs. */
  readonly calls: OpenCalls;
  /** Lowest level of log messages that the client wants; undefined if it wants none. */
  readonly logLevel?: LogLevel;
  /** Set if backends can send requests to the client. */
  readonly client?: CallClient;
  /** Progress token from the client request to which the call currently belongs. */
  progressToken?: RequestId;
}

/** Runs the requests of both eras. It creates the call's context, relays progress and logs, ends the call and translates all errors. */
@Injectable()
export class RequestRunner {
  private readonly logger = new Logger(RequestRunner.name);
  /** Key of the last request. */
  private lastKey = 0;

  constructor(
    private readonly methods: Methods,
    private readonly inFlight: CallsInFlight,
    private readonly config: Config,
    private readonly tracing: Tracing,
  ) {}

  /** Returns whether a client without a session can call the method. */
  servesModernEra(method: string): boolean {
    return this.methods.inModernEra.has(method);
  }

  /**
   * @param encode creates the JSON text of the result in the format of the client's era
   * @returns that text; undefined if the client cancelled the request
   * @throws JsonRpcError
   */
  async run(
    request: JsonRpcRequest,
    caller: Caller,
    encode: (result: MethodResult) => Text,
  ): Promise<Text | undefined> {
    const { id, method, params = {} } = request;
    const handler = (caller.session ? this.methods.inSessions : this.methods.inModernEra).get(method);
    if (!handler) throw methodNotFound(method);
    const span = this.begin(request, params, caller);
    const key = ++this.lastKey;
    const call = this.open(key, params, caller, span);
    caller.calls.set(key, { id, call });
    caller.client?.begin(call);
    this.inFlight.started();
    try {
      const result = await handler(params, call.context, caller);
      span?.end(errorOf(call, result));
      return wasCancelled(call) ? undefined : encode(result);
    } catch (error) {
      if (wasCancelled(call)) {
        span?.end('cancelled');
        return undefined;
      }
      const rpcError = this.rpcErrorOf(error, request, caller);
      span?.end(String(rpcError.code), { 'rpc.response.status_code': rpcError.code });
      throw rpcError;
    } finally {
      call.close();
      caller.client?.end();
      caller.calls.remove(key);
      this.inFlight.ended();
    }
  }

  private begin({ id, method }: JsonRpcRequest, params: Params, { source }: Caller): ServerSpan | undefined {
    const parents = { headers: source.trace, meta: metaOf(params) };
    return this.tracing.begin(spanName(method, params), () => spanAttributes(id, method, params), parents);
  }

  /** @param key key of the request among those that run */
  private open(key: number, params: Params, caller: Caller, span: ServerSpan | undefined): OpenCall {
    const { principal, source, client, logLevel } = caller;
    const { requestId, address } = source;
    const { progressToken } = metaOf(params);
    const wantsProgress = typeof progressToken === 'string' || typeof progressToken === 'number';
    if (wantsProgress) caller.progressToken = progressToken;
    return openCall({
      principal,
      requestId,
      timeoutMs: this.config.toolCallTimeoutMs,
      onProgress: wantsProgress ? (progress) => this.relayProgress(key, progress, caller) : undefined,
      onLog: logLevel === undefined ? undefined : (message) => this.relayLog(key, message, caller),
      client,
      meta: passedOnMeta(params),
      origin: { address, trace: span },
    });
  }

  private relayProgress(key: number, progress: Progress, caller: Caller): void {
    const { progressToken } = caller;
    this.relay(key, 'notifications/progress', { ...progress, progressToken }, caller);
  }

  private relayLog(key: number, message: LogMessage, caller: Caller): void {
    const { logLevel } = caller;
    if (logLevel !== undefined && isLogged(message.level, logLevel)) {
      this.relay(key, 'notifications/message', message, caller);
    }
  }

  /** Sends a notification to the client. After the result or a cancellation, notifications from the provider are dropped. */
  private relay(key: number, method: string, params: Params, caller: Caller): void {
    if (caller.calls.get(key)?.call.context.cancellation.aborted !== false) return;
    let message: string;
    try {
      message = notificationMessage(method, params);
    } catch (err) {
      // An upstream may send a value that JSON.stringify cannot write (nested too deeply). That must not end the process.
      this.logger.warn({ msg: 'a notification cannot be written', method, err });
      return;
    }
    caller.send(message);
  }

  private rpcErrorOf(error: unknown, { method }: JsonRpcRequest, { source: { requestId } }: Caller): JsonRpcError {
    if (error instanceof JsonRpcError) return error;
    if (error instanceof ProviderError) {
      const { code, message, data } = error.rpcError ?? { code: INTERNAL_ERROR, ...inOurWords(error) };
      return new JsonRpcError(code, message, 200, { data, cause: error });
    }
    this.logger.error({ msg: 'request failed with an unexpected error', requestId, method, err: error });
    return new JsonRpcError(INTERNAL_ERROR, 'Internal error', 200, { cause: error });
  }
}

/** Returns message and data of an error. `retryAfter` (seconds) is in both: the message is for users, the data for programs. */
function inOurWords({ message, retryAfter }: ProviderError): { message: string; data?: { retryAfter: number } } {
  if (retryAfter === undefined) return { message };
  return { message: `${message}. Try again in ${retryAfter} seconds.`, data: { retryAfter } };
}

/** Returns the error type for the span of a request that has a result. */
function errorOf(call: OpenCall, result: MethodResult): string | undefined {
  if (wasCancelled(call)) return 'cancelled';
  return 'isError' in result && result.isError === true ? 'tool_error' : undefined;
}

/** Returns whether the client cancelled the call. No response may be sent then, even if the call was already finished. */
function wasCancelled({ context }: OpenCall): boolean {
  const reason: unknown = context.cancellation.aborted ? context.cancellation.reason : undefined;
  return reason instanceof ProviderError && reason.code === 'cancelled';
}

/**
 * Returns the span name after OpenTelemetry, "Semantic conventions for Model Context Protocol": the method, and for `tools/call` and
 * `prompts/get` also the name of the tool or prompt.
 */
function spanName(method: string, { name }: Params): string {
  return NAMED_METHODS.includes(method) && typeof name === 'string'
    ? `${method} ${name.slice(0, LONGEST_IN_SPAN)}`
    : method;
}

/** Returns the span attributes of the same conventions. Session ids and resource URIs are left out, because they may be secret. */
function spanAttributes(id: RequestId, method: string, { name }: Params): SpanAttributes {
  const about = typeof name === 'string' ? name.slice(0, LONGEST_IN_SPAN) : undefined;
  return {
    'mcp.method.name': method,
    'jsonrpc.request.id': String(id).slice(0, LONGEST_IN_SPAN),
    'network.transport': 'tcp',
    ...(method === 'tools/call' && { 'gen_ai.operation.name': 'execute_tool' }),
    ...(method === 'tools/call' && about !== undefined && { 'gen_ai.tool.name': about }),
    ...(method === 'prompts/get' && about !== undefined && { 'gen_ai.prompt.name': about }),
  };
}

/**
 * Returns the part of a request's `_meta` that is passed on to an upstream: trace context and any other keys of the client.
 * @returns undefined if no key is left, which is the usual case
 */
function passedOnMeta(params: Params): RawObject | undefined {
  const meta = metaOf(params);
  let passed: Record<string, unknown> | undefined;
  for (const key of Object.keys(meta)) if (!OWN_KEYS.includes(key)) (passed ??= {})[key] = meta[key];
  return passed;
}
