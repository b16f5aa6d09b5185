import { EgressError } from '@manifold/egress';
import { ProviderError } from '@manifold/tool-provider';
import { readAnswer } from './http-answer.js';
import type { HttpTarget } from './http-exchange.js';
import { httpFailure, HttpRefusal } from './http-refusal.js';
import type { LogRing } from './log-ring.js';
import { MODERN_VERSION } from './modern-envelope.js';
import { requestHeaders } from './param-headers.js';
import type { OutgoingMessage, Pipe, PipeReceiver, RpcRequest } from './pipe.js';
import type { ReconnectionOptions } from './reconnection.js';
import { asRpcError, isObject } from './rpc-values.js';
import { traceHeaders } from './trace-headers.js';

export interface ModernHttpOptions {
  readonly target: HttpTarget;
  readonly receiver: PipeReceiver;
  readonly log: LogRing;
  /** Further headers of a request. */
  readonly headersOf: (message: RpcRequest) => Readonly<Record<string, string>>;
}

/** Statuses that say nothing about a request but that it was not let in. */
const REFUSALS: readonly number[] = [401, 403, 429];

/**
 * MCP over Streamable HTTP without sessions (2026-07-28, basic/transports/streamable-http): each request is a POST, what comes back belongs to it, and
 * closing the connection cancels it.
 */
export class ModernHttpPipe implements Pipe {
  private readonly calls = new Map<number, AbortController>();
  private closed = false;

  constructor(private readonly options: ModernHttpOptions) {}

  send(message: OutgoingMessage): Promise<void> | undefined {
    // There is nothing to say but requests: a server asks by its results, and a request is cancelled by closing its connection.
    return 'method' in message && 'id' in message ? this.call(message) : undefined;
  }

  abandon(id: number): void {
    this.calls.get(id)?.abort();
  }

  close(): Promise<void> {
    this.closed = true;
    for (const call of this.calls.values()) call.abort();
    return Promise.resolve();
  }

  /** Resolves when the answer has been received. */
  private async call(message: RpcRequest): Promise<void> {
    const { log, receiver } = this.options;
    const { id } = message;
    const abort = new AbortController();
    this.calls.set(id, abort);
    try {
      const response = await this.post(message, abort.signal);
      if (!response.ok) {
        receiver.received({ id, error: await rpcErrorOf(response) }, id);
      } else {
        const onMessage = (received: unknown): void => receiver.received(received, id);
        await readAnswer(response, { id, abort, onMessage, open: cannotReopen, reconnection: NO_RECONNECTION, log });
      }
      this.calls.delete(id);
    } catch (error) {
      this.calls.delete(id);
      this.giveUpIfUnreachable(error);
      throw httpFailure(error);
    }
  }

  private post(message: RpcRequest, signal: AbortSignal): Promise<Response> {
    const { target, headersOf } = this.options;
    const headers = {
      ...traceHeaders(message.params),
      ...target.headers,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': MODERN_VERSION,
      ...requestHeaders(message.method, message.params),
      ...headersOf(message),
    };
    const body = JSON.stringify(message);
    return target.egress.fetch(target.url, {
      method: 'POST',
      headers,
      body,
      redirect: 'follow',
      longPoll: true,
      signal,
    });
  }

  /** With nobody waiting for anything else, a server that takes no connection is as good as gone. */
  private giveUpIfUnreachable(error: unknown): void {
    if (!(error instanceof EgressError) || error.code !== 'connect_failed') return;
    if (this.closed || this.calls.size > 0) return;
    this.options.receiver.lost(error.message);
    void this.close();
  }
}

/** In this era nothing says what came after the last event: the request that broke off has failed. */
const NO_RECONNECTION: ReconnectionOptions = {
  maxReconnectionDelay: 0,
  initialReconnectionDelay: 0,
  reconnectionDelayGrowFactor: 1,
  maxRetries: 1,
};
const cannotReopen = (): Promise<Response> =>
  Promise.reject(new ProviderError('upstream_unavailable', 'The reply of the server broke off'));

/**
 * The JSON-RPC error with which a server explains its status.
 * @throws HttpRefusal where it gave none
 */
async function rpcErrorOf(response: Response): Promise<unknown> {
  const refusal = HttpRefusal.of(response);
  const isJson = /^application\/json\b/i.test(response.headers.get('content-type') ?? '');
  if (!isJson || REFUSALS.includes(response.status)) {
    await response.body?.cancel();
    throw refusal;
  }
  const body = (await response.json().catch(() => undefined)) as unknown;
  const error = isObject(body) ? asRpcError(body.error) : undefined;
  if (!error) throw refusal;
  return error;
}
