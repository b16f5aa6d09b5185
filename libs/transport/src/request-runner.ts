import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import { openCall, ProviderError, type LogMessage, type OpenCall, type Progress } from '@manifold/tool-provider';
import { CallsInFlight } from '@manifold/tool-registry';
import { Tracing, type RequestSource, type ServerSpan } from '@manifold/tracing';
import type { AskedClient } from './asked-client.js';
import type { OpenCalls } from './calls-in-flight.js';
import { INTERNAL_ERROR, JsonRpcError } from './json-rpc-error.js';
import { metaOf, notificationMessage, type JsonRpcRequest, type Params, type RequestId } from './json-rpc.js';
import { isLogged, type LogLevel } from './log-level.js';
import type { Client, MethodHandler, MethodResult } from './method-handler.js';
import { passedOnMeta } from './request-meta.js';
import { spanAttributes, spanName } from './request-span.js';
import type { Text } from './spliced-text.js';

/** Where a request came from, and the way back. */
export interface Caller extends Client {
  readonly principal: Principal;
  /** The HTTP request that it came in. */
  readonly source: RequestSource;
  /** The requests of this client that are under way: this one is added while it runs. */
  readonly calls: OpenCalls;
  /** The least that the client wants to read of what is logged; undefined: nothing. */
  readonly logLevel?: LogLevel;
  /** Where the client can be asked something. */
  readonly client?: AskedClient;
  /** As the client named it in the request that the call belongs to at the moment. */
  progressToken?: RequestId;
}

/** Runs requests of both eras: the call's context, its progress, its end, and the errors of all methods in one place. */
@Injectable()
export class RequestRunner {
  private readonly logger = new Logger(RequestRunner.name);

  constructor(
    private readonly inFlight: CallsInFlight,
    private readonly config: Config,
    private readonly tracing: Tracing,
  ) {}

  /**
   * @param encode makes the JSON text of the result, in the form of the client's era
   * @returns that text; undefined when the client cancelled the request
   * @throws JsonRpcError
   */
  async run(
    request: JsonRpcRequest,
    handler: MethodHandler,
    caller: Caller,
    encode: (result: MethodResult) => Text,
  ): Promise<Text | undefined> {
    const { id, params = {} } = request;
    const span = this.begin(request, params, caller);
    const call = this.open(id, params, caller, span);
    caller.calls.set(id, call);
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
      caller.calls.take(id);
      this.inFlight.ended();
    }
  }

  private begin({ id, method }: JsonRpcRequest, params: Params, { source }: Caller): ServerSpan | undefined {
    const parents = { headers: source.trace, meta: metaOf(params) };
    return this.tracing.begin(spanName(method, params), () => spanAttributes(id, method, params), parents);
  }

  private open(id: RequestId, params: Params, caller: Caller, span: ServerSpan | undefined): OpenCall {
    const { principal, source, client, logLevel } = caller;
    const { requestId, address } = source;
    const { progressToken } = metaOf(params);
    const wantsProgress = typeof progressToken === 'string' || typeof progressToken === 'number';
    if (wantsProgress) caller.progressToken = progressToken;
    return openCall({
      principal,
      requestId,
      timeoutMs: this.config.toolCallTimeoutMs,
      onProgress: wantsProgress ? (progress) => this.relayProgress(id, progress, caller) : undefined,
      onLog: logLevel === undefined ? undefined : (message) => this.relayLog(id, message, caller),
      client,
      meta: passedOnMeta(params),
      origin: { address, trace: span },
    });
  }

  private relayProgress(id: RequestId, progress: Progress, caller: Caller): void {
    const { progressToken } = caller;
    this.relay(id, 'notifications/progress', { ...progress, progressToken }, caller);
  }

  private relayLog(id: RequestId, message: LogMessage, caller: Caller): void {
    const { logLevel } = caller;
    if (logLevel !== undefined && isLogged(message.level, logLevel)) {
      this.relay(id, 'notifications/message', message, caller);
    }
  }

  /** Nothing may follow the result or a cancellation, whatever the provider does. */
  private relay(id: RequestId, method: string, params: Params, caller: Caller): void {
    if (caller.calls.get(id)?.context.cancellation.aborted !== false) return;
    let message: string;
    try {
      message = notificationMessage(method, params);
    } catch (err) {
      // An upstream may send what JSON.stringify cannot write (nested too deep): that must not end the process.
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
    this.logger.error({ msg: 'a request failed for no known reason', requestId, method, err: error });
    return new JsonRpcError(INTERNAL_ERROR, 'Internal error', 200, { cause: error });
  }
}

/** Seconds after which another try makes sense are for programs, too. */
function inOurWords({ message, retryAfter }: ProviderError): { message: string; data?: { retryAfter: number } } {
  if (retryAfter === undefined) return { message };
  return { message: `${message}. Try again in ${retryAfter} seconds.`, data: { retryAfter } };
}

/** For the span of a request that has a result. */
function errorOf(call: OpenCall, result: MethodResult): string | undefined {
  if (wasCancelled(call)) return 'cancelled';
  return 'isError' in result && result.isError === true ? 'tool_error' : undefined;
}

/** The answer must not go out even where the work was finished before the cancellation reached it. */
function wasCancelled({ context }: OpenCall): boolean {
  const reason: unknown = context.cancellation.aborted ? context.cancellation.reason : undefined;
  return reason instanceof ProviderError && reason.code === 'cancelled';
}
