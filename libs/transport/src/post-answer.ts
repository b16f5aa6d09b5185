import type { FastifyReply } from 'fastify';
import type { MessageStream } from './client-session.js';
import type { EventStreams, PendingAnswer } from './event-streams.js';
import { answerEmpty, answerJson } from './http-answer.js';
import type { LegacySession } from './legacy-session.js';
import type { ResumableStreams } from './resumable-streams.js';
import type { Text } from './spliced-text.js';

/**
 * The HTTP answer to a POST: one JSON document, unless a message has to go before the result. Then, or when the result
 * takes long, it is a stream of events whose last one is the result.
 */
export class PostAnswer implements PendingAnswer {
  readonly since = performance.now();
  private readonly watched: number;
  private stream?: MessageStream;
  private done = false;

  /**
   * @param resumable where the client can come back to the stream
   * @param session whose stream it is then
   */
  constructor(
    private readonly reply: FastifyReply,
    private readonly streams: EventStreams,
    private readonly resumable?: ResumableStreams,
    private readonly session?: LegacySession,
  ) {
    this.watched = streams.watch(this);
  }

  /** Sends a message before the result. Without effect afterwards. */
  send(message: string): void {
    if (this.done) return;
    this.becomeStream();
    this.stream?.send(message);
  }

  becomeStream(): void {
    if (this.stream) return;
    this.streams.forget(this.watched);
    this.stream =
      this.resumable && this.session
        ? this.resumable.openAnswer(this.reply, this.session)
        : this.streams.openAnswer(this.reply);
  }

  /** @param message the response; undefined for a cancelled request, which gets none: 202, or the end of the stream */
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
