import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import { openCall, ProviderError, type OpenCall, type Progress } from '@manifold/tool-provider';
import { CallsInFlight } from '@manifold/tool-registry';
import type { OpenCalls } from './calls-in-flight.js';
import { INTERNAL_ERROR, JsonRpcError } from './json-rpc-error.js';
import { metaOf, notificationMessage, type JsonRpcRequest, type Params, type RequestId } from './json-rpc.js';
import type { Client, MethodHandler, MethodResult } from './method-handler.js';
import type { Text } from './spliced-text.js';

/** Where a request came from, and the way back. */
export interface Caller extends Client {
  readonly principal: Principal;
  /** Correlates logs and upstream requests. */
  readonly requestId: string;
  /** The requests of this client that are under way: this one is added while it runs. */
  readonly calls: OpenCalls;
}

/** Runs requests of both eras: the call's context, its progress, its end, and the errors of all methods in one place. */
@Injectable()
export class RequestRunner {
  private readonly logger = new Logger(RequestRunner.name);

  constructor(
    private readonly inFlight: CallsInFlight,
    private readonly config: Config,
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
    const call = this.open(id, params, caller);
    caller.calls.set(id, call);
    this.inFlight.started();
    try {
      const result = await handler(params, call.context, caller);
      return wasCancelled(call) ? undefined : encode(result);
    } catch (error) {
      if (wasCancelled(call)) return undefined;
      throw this.rpcErrorOf(error, request, caller);
    } finally {
      call.close();
      caller.calls.delete(id);
      this.inFlight.ended();
    }
  }

  private open(id: RequestId, params: Params, { principal, requestId, calls, send }: Caller): OpenCall {
    const { progressToken } = metaOf(params);
    const wantsProgress = typeof progressToken === 'string' || typeof progressToken === 'number';
    // Nothing may follow the result or a cancellation, whatever the provider does.
    const onProgress = (progress: Progress): void => {
      if (calls.get(id)?.context.signal.aborted === false) this.relay({ ...progress, progressToken }, send);
    };
    return openCall({
      principal,
      requestId,
      timeoutMs: this.config.toolCallTimeoutMs,
      onProgress: wantsProgress ? onProgress : undefined,
    });
  }

  /** An upstream may send what JSON.stringify cannot write (nested too deep): that must not end the process. */
  private relay(progress: Progress, send: (message: string) => void): void {
    let message: string;
    try {
      message = notificationMessage('notifications/progress', progress);
    } catch (err) {
      this.logger.warn({ msg: 'a progress notification cannot be written', err });
      return;
    }
    send(message);
  }

  private rpcErrorOf(error: unknown, { method }: JsonRpcRequest, { requestId }: Caller): JsonRpcError {
    if (error instanceof JsonRpcError) return error;
    if (error instanceof ProviderError) {
      const { code, message, data } = error.rpcError ?? { code: INTERNAL_ERROR, message: error.message };
      return new JsonRpcError(code, message, 200, { data, cause: error });
    }
    this.logger.error({ msg: 'a request failed for no known reason', requestId, method, err: error });
    return new JsonRpcError(INTERNAL_ERROR, 'Internal error', 200, { cause: error });
  }
}

/** The answer must not go out even where the work was finished before the cancellation reached it. */
function wasCancelled({ context }: OpenCall): boolean {
  const reason: unknown = context.signal.aborted ? context.signal.reason : undefined;
  return reason instanceof ProviderError && reason.code === 'cancelled';
}
