import type { MessageStream } from './client-session.js';
import { eventId, isStanding } from './event-id.js';
import type { EventLog } from './event-log.js';
import { EVENTS_KEPT_MS, type LoggedEvent } from './event-records.js';
import type { EventStream } from './event-stream.js';
import type { EventOwner } from './session-events.js';

/**
 * A stream of messages to one client that outlives its connections: each message has a number and is logged, and goes out on the
 * connection that there is at the moment, if there is one.
 */
export class ResumableStream implements MessageStream {
  private connection?: EventStream;
  /** Epoch milliseconds at which the last connection ended. */
  private leftAt = Infinity;
  /** Who tried last to connect. */
  private ticket = 0;
  private ended = false;

  /**
   * @param last number of the last message that there was
   * @param onEnd called when the stream gets no more messages
   */
  constructor(
    readonly id: string,
    private readonly session: EventOwner,
    private readonly log: EventLog,
    private last: number,
    private readonly onEnd: (stream: ResumableStream) => void,
  ) {}

  isOf(session: EventOwner): boolean {
    return this.session === session;
  }

  get isOpen(): boolean {
    return this.connection?.isOpen ?? false;
  }

  send(message: string): void {
    if (this.ended) return;
    this.append(message);
    this.connection?.send(message, 'message', eventId(this.id, this.last));
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    if (!isStanding(this.id)) this.append('');
    this.onEnd(this);
    this.connection?.end();
  }

  /** A client that does not come back for as long as events are kept has left for good. */
  endIfLeft(now: number): void {
    if (!this.isOpen && now - this.leftAt > EVENTS_KEPT_MS) this.end();
  }

  left(now: number): void {
    this.leftAt = now;
  }

  async whenLeft(): Promise<void> {
    await this.connection?.whenClosed();
  }

  /** From now on messages are logged only: somebody is about to connect. @returns what `isTaken` asks for */
  reserve(): number {
    this.connection?.end();
    this.connection = undefined;
    this.leftAt = Infinity;
    this.ticket += 1;
    return this.ticket;
  }

  /** Whether somebody else has reserved it since. */
  isTaken(ticket: number): boolean {
    return ticket !== this.ticket;
  }

  /** @param missed goes first */
  connect(connection: EventStream, missed: readonly LoggedEvent[] = []): void {
    replay(connection, missed);
    this.last = Math.max(this.last, missed.at(-1)?.number ?? 0);
    if (this.ended) connection.end();
    else this.connection = connection;
  }

  private append(data: string): void {
    this.last += 1;
    this.log.append(this.session, { stream: this.id, number: this.last, data });
  }
}

export const replay = (connection: EventStream, missed: readonly LoggedEvent[]): void =>
  connection.replay(missed.map(({ stream, number, data }) => ({ id: eventId(stream, number), data })));
