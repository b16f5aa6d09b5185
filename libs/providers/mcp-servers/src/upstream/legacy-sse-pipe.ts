import { SSEClientTransport, SseError } from '@modelcontextprotocol/sdk/client/sse.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { untilAborted } from '@manifold/cancellation';
import type { HttpTarget } from './http-exchange.js';
import { httpFailure, HttpRefusal } from './http-refusal.js';
import type { LogRing } from './log-ring.js';
import type { OutgoingMessage, Pipe, PipeReceiver } from './pipe.js';

export interface LegacySseOptions {
  readonly target: HttpTarget;
  readonly receiver: PipeReceiver;
  readonly log: LogRing;
}

/** MCP over HTTP+SSE (2024-11-05, basic/transports): one event stream, and a POST per message. */
export class LegacySsePipe implements Pipe {
  private readonly transport: SSEClientTransport;

  constructor(private readonly options: LegacySseOptions) {
    const { url, headers } = options.target;
    this.transport = new SSEClientTransport(url, {
      requestInit: { headers },
      fetch: (input, init) => this.fetch(input, init),
    });
  }

  /** Opens the event stream. Rejects with ProviderError or the signal's reason; then the caller closes the pipe. */
  async open(signal: AbortSignal): Promise<void> {
    const { receiver, log } = this.options;
    this.transport.onmessage = (message) => receiver.received(message);
    try {
      await untilAborted(this.transport.start(), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const refused = error instanceof SseError && error.code !== undefined;
      throw httpFailure(refused ? new HttpRefusal(error.code as number, undefined) : error);
    }
    this.transport.onerror = (error) => {
      // Reopened it would be another session, which nobody has initialised.
      if (error instanceof SseError) this.giveUp();
      else if (error.name === 'ZodError' || error instanceof SyntaxError)
        log.add('Ignored: an event that is no message');
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
    this.options.receiver.lost('The event stream of the server broke off');
    void this.close();
  }

  private async fetch(input: string | URL, init: RequestInit | undefined): Promise<Response> {
    const response = await this.options.target.egress.fetch(input, { ...init, redirect: 'follow', longPoll: true });
    if (response.ok || init?.method !== 'POST') return response;
    await response.body?.cancel();
    throw HttpRefusal.of(response);
  }
}
