import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Egress } from '@manifold/egress';
import { HttpStatusError } from './http-status-error.js';
import type { OutgoingMessage } from '../protocol/transport.js';
import { traceHeaders } from '../protocol/trace-headers.js';

const METHOD_NOT_ALLOWED = 405;

/** The client that sends the requests. */
export type HttpClient = Pick<Egress, 'fetch'>;

export interface HttpTarget {
  readonly url: URL;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly egress: HttpClient;
}

/** The session headers of requests. Empty until `initialize` has been answered. */
export interface HttpSession {
  readonly id?: string;
  readonly protocolVersion?: string;
}

/**
 * One HTTP request to a Streamable HTTP server.
 *
 * The SDK's transport opens event streams and ends sessions. The gateway sends messages itself, because the SDK validates each
 * one several times and lets its `_meta` set headers. The gateway also reads the response bodies itself. The SDK's reader drops
 * messages with unknown fields, and does not report which request has lost its stream.
 *
 * Rejects with HttpStatusError, EgressError or the signal's reason.
 */
export class HttpExchange {
  private response: Response | undefined;

  constructor(
    private readonly target: HttpTarget,
    private readonly session: HttpSession,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Sends a message.
   * @returns the response, whose body the caller reads or cancels
   */
  async post(message: OutgoingMessage): Promise<Response> {
    const { id, protocolVersion } = this.session;
    const headers = {
      ...('method' in message && 'id' in message && traceHeaders(message.params)),
      ...this.target.headers,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...(id && { 'Mcp-Session-Id': id }),
      ...(protocolVersion && { 'MCP-Protocol-Version': protocolVersion }),
    };
    const response = await this.fetch(this.target.url, { method: 'POST', headers, body: JSON.stringify(message) });
    if (response.ok) return response;
    throw await HttpStatusError.read(response);
  }

  /** Opens an event stream. If an event id is given, the stream continues after that event. */
  async openStream(lastEventId: string | undefined): Promise<Response> {
    const response = await this.perform((transport) => transport.resumeStream(lastEventId ?? ''));
    if (/^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')) return response;
    await response.body?.cancel();
    throw new HttpStatusError(METHOD_NOT_ALLOWED, undefined); // a web page: treated as no stream
  }

  async endSession(): Promise<void> {
    const response = await this.perform((transport) => transport.terminateSession());
    await response.body?.cancel();
  }

  private async perform(request: (transport: StreamableHTTPClientTransport) => Promise<void>): Promise<Response> {
    const { url, headers } = this.target;
    const { id: sessionId, protocolVersion } = this.session;
    const transport = new StreamableHTTPClientTransport(url, {
      requestInit: { headers },
      sessionId,
      fetch: (input, init) => this.fetchForSdk(input, init),
    });
    if (protocolVersion !== undefined) transport.setProtocolVersion(protocolVersion);
    try {
      await request(transport);
    } catch (error) {
      if (this.response && !this.response.ok) throw HttpStatusError.of(this.response);
      throw error;
    }
    // The SDK accepts a 405 as success, because a server may have no event stream and may not let clients end sessions.
    // Here it is an error.
    if (!this.response?.ok) throw new HttpStatusError(METHOD_NOT_ALLOWED, undefined);
    return this.response;
  }

  /** Shows the SDK the status alone, so that it reads no body. */
  private async fetchForSdk(input: string | URL, init: RequestInit | undefined): Promise<Response> {
    this.response = await this.fetch(input, init);
    if (!this.response.ok) await this.response.body?.cancel();
    return new Response(null, { status: this.response.status });
  }

  private fetch(input: string | URL, init: RequestInit | undefined): Promise<Response> {
    const { signal } = this;
    // `Egress` checks redirects, and the call's own deadline applies.
    return this.target.egress.fetch(input, { ...init, redirect: 'follow', longPoll: true, signal });
  }
}
