import { EgressError } from '@manifold/egress';
import { readAnswer } from '../http/http-answer.js';
import { HttpExchange, type HttpSession, type HttpTarget } from '../http/http-exchange.js';
import {
  httpFailure,
  HttpStatusError,
  isSessionLost,
  sessionFaultIn,
  type RpcErrorAnswer,
} from '../http/http-status-error.js';
import type { LogRing } from '../protocol/log-ring.js';
import { MessageStream } from '../http/message-stream.js';
import type { OutgoingMessage, Transport, TransportReceiver, RpcRequest } from '../protocol/transport.js';
import type { ReconnectionOptions } from '../http/reconnection.js';

const END_SESSION_MS = 2000;

export interface StreamableHttpOptions {
  readonly target: HttpTarget;
  readonly receiver: TransportReceiver;
  readonly log: LogRing;
  readonly reconnection: ReconnectionOptions;
  /** Initializes a new session over this transport after the server has lost the previous one. */
  readonly renewSession: () => Promise<void>;
}

/** MCP over Streamable HTTP (2025-11-25, basic/transports). */
export class StreamableHttpTransport implements Transport {
  /** The requests that wait for an answer, by id. */
  private readonly calls = new Map<number, AbortController>();
  private readonly lifetime = new AbortController();
  private current: HttpSession = {};
  private renewal: Promise<void> | undefined;
  private listening: AbortController | undefined;

  constructor(private readonly options: StreamableHttpOptions) {}

  get session(): HttpSession {
    return this.current;
  }

  /** Resumes a session that was initialized earlier. */
  resume({ id, protocolVersion }: Required<HttpSession>): void {
    this.current = { id, protocolVersion };
  }

  send(message: OutgoingMessage): Promise<void> {
    return 'method' in message && 'id' in message ? this.call(message) : this.tell(message);
  }

  abandon(id: number): void {
    this.calls.get(id)?.abort();
  }

  agreedOn(protocolVersion: string): void {
    this.current = { ...this.current, protocolVersion };
  }

  /** Opens the stream for messages that belong to no request. Many servers have none. */
  listen(): void {
    if (this.listening) return;
    this.listening = new AbortController();
    void this.readUnasked(this.current, this.listening.signal);
  }

  async close({ endSession = false }: { readonly endSession?: boolean } = {}): Promise<void> {
    if (this.lifetime.signal.aborted) return;
    this.lifetime.abort();
    this.listening?.abort();
    for (const call of this.calls.values()) call.abort();
    if (!endSession || this.current.id === undefined) return;
    const exchange = new HttpExchange(this.options.target, this.current, AbortSignal.timeout(END_SESSION_MS));
    await exchange.endSession().catch(() => this.options.log.add('The session could not be ended'));
  }

  /** Sends a request. Resolves when the answer has been received. */
  private async call(message: RpcRequest): Promise<void> {
    const { id } = message;
    const abort = new AbortController();
    this.calls.set(id, abort);
    try {
      await this.inSession(message, abort);
    } catch (error) {
      if (error instanceof HttpStatusError && error.answer)
        return this.options.receiver.received({ id, error: error.answer.error }, id);
      this.calls.delete(id); // before the look at what else is pending
      this.giveUpIfUnreachable(error);
      throw httpFailure(error);
    } finally {
      this.calls.delete(id);
    }
  }

  /** Exchanges a request. If the server does not know the session, it has not executed the request: only then is it repeated, once. */
  private async inSession(message: RpcRequest, abort: AbortController): Promise<void> {
    if (message.method !== 'initialize') await this.renewal;
    const session = this.current;
    try {
      await this.attempt(message, session, abort);
    } catch (error) {
      if (session.id === undefined || !isLost(error, message.id)) throw error;
      await this.renew(session);
      await this.attempt(message, this.current, abort);
    }
  }

  /** @throws HttpStatusError, also for an answer that says that the session is lost; what reading the answer throws */
  private async attempt(message: RpcRequest, session: HttpSession, abort: AbortController): Promise<void> {
    const { log, reconnection, receiver } = this.options;
    const { id, method } = message;
    const response = await this.exchange(session, abort.signal).post(message);
    if (method === 'initialize') this.current = { id: response.headers.get('mcp-session-id') ?? undefined };
    let lost: RpcErrorAnswer | undefined;
    const onMessage = (received: unknown): void => {
      lost ??= session.id === undefined ? undefined : sessionFaultIn(received);
      if (!lost) receiver.received(received, id);
    };
    const open = (lastEventId?: string) => this.exchange(this.current, abort.signal).openStream(lastEventId);
    await readAnswer(response, { id, abort, onMessage, open, reconnection, log });
    if (lost) throw new HttpStatusError(response.status, undefined, undefined, lost);
  }

  /** Sends a message that has no answer. */
  private async tell(message: OutgoingMessage): Promise<void> {
    const opensSession = 'method' in message && message.method === 'notifications/initialized';
    try {
      if (!opensSession) await this.renewal;
      const response = await this.exchange(this.current, this.lifetime.signal).post(message);
      await response.body?.cancel();
    } catch (error) {
      throw httpFailure(error);
    }
    if (opensSession) this.listen();
  }

  private async readUnasked(session: HttpSession, signal: AbortSignal): Promise<void> {
    const { log, reconnection, receiver } = this.options;
    const open = (lastEventId?: string) => this.exchange(session, signal).openStream(lastEventId);
    const onMessage = (message: unknown): void => receiver.received(message);
    const stream = new MessageStream({ onMessage, open, reconnection, signal, log });
    let opened = false;
    try {
      for (let response = await open(); ; response = await stream.reopen()) {
        opened = true;
        await stream.read(response).catch(() => undefined); // the stream is reopened, even if it broke
      }
    } catch (error) {
      if (opened && !signal.aborted) this.stoppedHearing(session, error);
    }
  }

  private stoppedHearing(session: HttpSession, error: unknown): void {
    if (isGone(error, session)) {
      this.renew(session).catch(() => undefined); // the transport has been reported as lost
    } else if (error instanceof HttpStatusError) {
      this.options.log.add(`The server does not continue its event stream: ${error.message}`);
    } else {
      this.giveUp(httpFailure(error).message);
    }
  }

  /** Opens one new session, however many requests find that the session has ended. */
  private renew(stale: HttpSession): Promise<void> {
    if (this.current !== stale && !this.renewal) return Promise.resolve();
    this.renewal ??= this.replaceSession().finally(() => (this.renewal = undefined));
    return this.renewal;
  }

  private async replaceSession(): Promise<void> {
    this.options.log.add('The server has forgotten the session: opening a new one');
    this.current = {};
    this.listening?.abort();
    this.listening = undefined;
    try {
      await this.options.renewSession();
    } catch (error) {
      this.giveUp(`The session ended and a new one could not be opened: ${httpFailure(error).message}`);
      throw error;
    }
  }

  /** Reports the server as lost if it accepts no connection and no other request is pending. */
  private giveUpIfUnreachable(error: unknown): void {
    if (!(error instanceof EgressError) || error.code !== 'connect_failed') return;
    if (this.calls.size === 0) this.giveUp(error.message);
  }

  private giveUp(reason: string): void {
    if (this.lifetime.signal.aborted) return;
    this.options.receiver.lost(reason);
    void this.close();
  }

  private exchange(session: HttpSession, signal: AbortSignal): HttpExchange {
    return new HttpExchange(this.options.target, session, signal);
  }
}

const isLost = (error: unknown, id: number): boolean => error instanceof HttpStatusError && isSessionLost(error, id);

const isGone = (error: unknown, session: HttpSession): boolean =>
  error instanceof HttpStatusError && error.status === 404 && session.id !== undefined;
