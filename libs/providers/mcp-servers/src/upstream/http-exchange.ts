import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Egress } from '@manifold/egress';
import { HttpRefusal } from './http-refusal.js';
import type { OutgoingMessage } from './pipe.js';
import { traceHeaders } from './trace-headers.js';

const METHOD_NOT_ALLOWED = 405;

/** What requests are sent with. */
export type HttpClient = Pick<Egress, 'fetch'>;

export interface HttpTarget {
  readonly url: URL;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly egress: HttpClient;
}

/** What requests say about the session that they belong to. Empty until `initialize` has been answered. */
export interface HttpSession {
  readonly id?: string;
  readonly protocolVersion?: string;
}

/**
 * One HTTP request to a Streamable HTTP server.
 *
 * The SDK's transport makes it: the headers, and what a 401 asks for. The body is kept away from it and read by us: its
 * own reader drops messages with fields that it does not know, and does not tell which request has lost its stream.
 *
 * Rejects with HttpRefusal, EgressError or the signal's reason.
 */
export class HttpExchange {
  private response: Response | undefined;
  private trace: Readonly<Record<string, string>> = {};

  constructor(
    private readonly target: HttpTarget,
    private readonly session: HttpSession,
    private readonly signal: AbortSignal,
  ) {}

  /** @returns the answer, whose body the caller reads or cancels */
  post(message: OutgoingMessage): Promise<Response> {
    // To the SDK a request is 202, "no body follows", and anything else 200, or it would open an event stream by itself.
    const isRequest = 'method' in message && 'id' in message;
    this.trace = isRequest ? traceHeaders(message.params) : {};
    return this.perform(isRequest ? 202 : 200, (transport) => transport.send(message as unknown as JSONRPCMessage));
  }

  /** Opens an event stream, after the event with this id if one is given. */
  async openStream(lastEventId: string | undefined): Promise<Response> {
    const response = await this.perform(200, (transport) => transport.resumeStream(lastEventId ?? ''));
    if (/^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')) return response;
    await response.body?.cancel();
    throw new HttpRefusal(METHOD_NOT_ALLOWED, undefined); // a page for browsers: the same as no stream
  }

  async endSession(): Promise<void> {
    const response = await this.perform(200, (transport) => transport.terminateSession());
    await response.body?.cancel();
  }

  private async perform(
    shownStatus: number,
    request: (transport: StreamableHTTPClientTransport) => Promise<void>,
  ): Promise<Response> {
    const { url, headers } = this.target;
    const transport = new StreamableHTTPClientTransport(url, {
      requestInit: { headers: { ...this.trace, ...headers } },
      sessionId: this.session.id,
      fetch: (input, init) => this.fetch(input, init, shownStatus),
    });
    if (this.session.protocolVersion !== undefined) transport.setProtocolVersion(this.session.protocolVersion);
    try {
      await request(transport);
    } catch (error) {
      if (this.response && !this.response.ok) throw HttpRefusal.of(this.response);
      throw error;
    }
    // The SDK takes a 405 for an answer: a server may have no stream, and may not let sessions be ended.
    if (!this.response?.ok) throw new HttpRefusal(METHOD_NOT_ALLOWED, undefined);
    return this.response;
  }

  private async fetch(input: string | URL, init: RequestInit | undefined, shownStatus: number): Promise<Response> {
    const { signal } = this;
    // Redirects are judged in one place, and the deadline is the call's own.
    this.response = await this.target.egress.fetch(input, { ...init, redirect: 'follow', longPoll: true, signal });
    if (!this.response.ok) return this.response;
    return new Response(null, { status: shownStatus });
  }
}
