import { SSEClientTransport, SseError } from '@modelcontextprotocol/sdk/client/sse.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { untilAborted } from '@manifold/async';
import type { HttpTarget } from '../http/http-exchange.js';
import { httpFailure, HttpStatusError } from '../http/http-status-error.js';
import type { LogRing } from '../protocol/log-ring.js';
import type { OutgoingMessage, Transport, TransportReceiver } from '../protocol/transport.js';

export interface LegacySseOptions {
  readonly target: HttpTarget;
  readonly receiver: TransportReceiver;
  readonly log: LogRing;
}

/** MCP over HTTP+SSE (2024-11-05, basic/transports): one event stream, and a POST per message. */
export class LegacySseTransport implements Transport {
  private readonly transport: SSEClientTransport;

  constructor(private readonly options: LegacySseOptions) {
    const { url, headers } = options.target;
    this.transport = new SSEClientTransport(url, {
      requestInit: { headers },
      fetch: (input, init) => this.fetch(input, init),
    });
  }

  /** Opens the event stream. Rejects with ProviderError or the signal's reason. The caller must then close the transport. */
  async open(signal: AbortSignal): Promise<void> {
    const { receiver, log } = this.options;
    this.transport.onmessage = (message) => receiver.received(message);
    try {
      await untilAborted(this.transport.start(), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const refused = error instanceof SseError && error.code !== undefined;
      throw httpFailure(refused ? new HttpStatusError(error.code as number, undefined) : error);
    }
    this.transport.onerror = (error) => {
      // A reopened stream would be a new session without `initialize`.
      if (error instanceof SseError) this.giveUp();
      else if (error.name === 'ZodError' || error instanceof SyntaxError)
        log.add('Ignored: an event that is not a message');
    };
  }

  async send(message: OutgoingMessage): Promise<void> {
    try {
      await this.transport.send(message as unknown as JSONRPCMessage);
    } catch (error) {
      throw httpFailure(error);
    }
  }

  agreedOn(protocolVersion: string): void {
    this.transport.setProtocolVersion(protocolVersion);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  private giveUp(): void {
    this.options.receiver.lost('The event stream of the server was interrupted');
    void this.close();
  }

  private async fetch(input: string | URL, init: RequestInit | undefined): Promise<Response> {
    const response = await this.options.target.egress.fetch(input, { ...init, redirect: 'follow', longPoll: true });
    if (response.ok || init?.method !== 'POST') return response;
    await response.body?.cancel();
    throw HttpStatusError.of(response);
  }
}
