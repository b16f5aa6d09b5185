import { EgressError } from '@manifold/egress';
import { ProviderError } from '@manifold/tool-provider';
import { readAnswer } from '../http/http-answer.js';
import type { HttpTarget } from '../http/http-exchange.js';
import { httpFailure, HttpStatusError } from '../http/http-status-error.js';
import type { LogRing } from '../protocol/log-ring.js';
import { MODERN_VERSION } from '../protocol/modern-envelope.js';
import { requestHeaders } from '../http/param-headers.js';
import type { OutgoingMessage, Transport, TransportReceiver, RpcRequest } from '../protocol/transport.js';
import type { ReconnectionOptions } from '../http/reconnection.js';
import { traceHeaders } from '../protocol/trace-headers.js';

export interface ModernHttpOptions {
  readonly target: HttpTarget;
  readonly receiver: TransportReceiver;
  readonly log: LogRing;
  /** Returns additional headers of a request. */
  readonly headersOf: (message: RpcRequest) => Readonly<Record<string, string>>;
}

/**
 * MCP over Streamable HTTP without sessions (2026-07-28, basic/transports/streamable-http). Each request is a POST. All
 * messages of the response belong to that request, and closing its connection cancels it.
 */
export class ModernHttpTransport implements Transport {
  private readonly calls = new Map<number, AbortController>();
  private closed = false;

  constructor(private readonly options: ModernHttpOptions) {}

  send(message: OutgoingMessage): Promise<void> | undefined {
    // Only requests are sent. The server asks for input in its results, and a request is cancelled by closing its
    // connection.
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

  /** Sends a request. Resolves when the answer has been received. */
  private async call(message: RpcRequest): Promise<void> {
    const { log, receiver } = this.options;
    const { id } = message;
    const abort = new AbortController();
    this.calls.set(id, abort);
    try {
      const response = await this.post(message, abort.signal);
      if (!response.ok) {
        const refusal = await HttpStatusError.read(response);
        if (!refusal.answer) throw refusal;
        receiver.received({ id, error: refusal.answer.error }, id);
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

  /** Reports the server as lost if it accepts no connection and no other request is pending. */
  private giveUpIfUnreachable(error: unknown): void {
    if (!(error instanceof EgressError) || error.code !== 'connect_failed') return;
    if (this.closed || this.calls.size > 0) return;
    this.options.receiver.lost(error.message);
    void this.close();
  }
}

/** In the modern era a broken stream cannot be resumed: its request has failed. */
const NO_RECONNECTION: ReconnectionOptions = {
  maxReconnectionDelay: 0,
  initialReconnectionDelay: 0,
  reconnectionDelayGrowFactor: 1,
  maxRetries: 1,
};
const cannotReopen = (): Promise<Response> =>
  Promise.reject(new ProviderError('upstream_unavailable', 'The response of the server was interrupted'));
