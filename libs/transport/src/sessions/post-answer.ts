import type { FastifyReply } from 'fastify';
import type { MessageStream } from './client-session.js';
import type { EventStreams, PendingAnswer } from './event-streams.js';
import { answerEmpty, answerJson } from '../http/http-answer.js';
import type { LegacySession } from './legacy-session.js';
import type { ResumableStreams } from './resumable-streams.js';
import type { Text } from '../json-rpc/spliced-text.js';

/**
 * The HTTP response to a POST. Normally it is one JSON document. If a message precedes the result, or if the result takes long, the
 * response becomes an event stream whose last event is the result.
 *
 * For a client that accepts JSON alone, it stays a JSON document. Messages that precede the result go to the session's stream if the client
 * has opened it. Otherwise they are dropped.
 */
export class PostAnswer implements PendingAnswer {
  readonly since = performance.now();
  private readonly watched: number;
  private stream?: MessageStream;
  private done = false;

  /**
   * @param takesStream whether the client accepts an event stream
   * @param resumable given if the client can resume the stream
   * @param session session to which a resumable stream belongs
   */
  constructor(
    private readonly reply: FastifyReply,
    private readonly streams: EventStreams,
    private readonly takesStream: boolean,
    private readonly resumable?: ResumableStreams,
    private readonly session?: LegacySession,
  ) {
    this.watched = streams.watch(this);
  }

  /** Whether messages that precede the result reach the client. */
  get isOpen(): boolean {
    return this.takesStream || this.session?.stream?.isOpen === true;
  }

  /** Sends a message before the result. Has no effect after the result. */
  send(message: string): void {
    if (this.done) return;
    if (!this.takesStream) return this.session?.stream?.send(message);
    this.becomeStream();
    this.stream?.send(message);
  }

  becomeStream(): void {
    if (this.stream) return;
    this.streams.forget(this.watched);
    if (!this.takesStream) return;
    this.stream =
      this.resumable && this.session
        ? this.resumable.openAnswer(this.reply, this.session)
        : this.streams.openAnswer(this.reply);
  }

  /** @param message the response. A cancelled request has none (undefined): it is answered with 202, or the stream just ends. */
  end(message: Text | undefined, status = 200): void {
    if (this.close()) return;
    if (this.stream) this.finishStream(message === undefined ? [] : [message]);
    else if (message === undefined) answerEmpty(this.reply, 202);
    else answerJson(this.reply, status, message);
  }

  /** @param messages the responses of a batch */
  endBatch(messages: readonly Text[]): void {
    if (this.close()) return;
    if (this.stream) this.finishStream(messages);
    else if (messages.length === 0) answerEmpty(this.reply, 202);
    else answerJson(this.reply, 200, `[${messages.join(',')}]`);
  }

  /** @returns whether it was closed before */
  private close(): boolean {
    const before = this.done;
    this.done = true;
    this.streams.forget(this.watched);
    return before;
  }

  private finishStream(messages: readonly Text[]): void {
    for (const message of messages) this.stream?.send(String(message));
    this.stream?.end();
  }
}
