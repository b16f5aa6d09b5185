import type { MessageStream } from './client-session.js';
import { eventId, isStanding } from '../streams/event-id.js';
import type { EventLog } from '../streams/event-log.js';
import { EVENTS_KEPT_MS, type LoggedEvent } from '../streams/event-records.js';
import type { EventStream } from '../streams/event-stream.js';
import type { EventOwner } from '../streams/session-events.js';

/**
 * A stream of messages to one client that outlives its connections. Each message is numbered and logged. It is also sent if a
 * connection is open.
 */
export class ResumableStream implements MessageStream {
  private connection?: EventStream;
  /** Epoch milliseconds at which the last connection ended. */
  private leftAt = Infinity;
  /** Ticket of the last attempt to connect. */
  private ticket = 0;
  private ended = false;

  /**
   * @param last number of the stream's last message so far
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

  /** Ends the stream if its client has been disconnected for longer than events are kept. */
  endIfLeft(now: number): void {
    if (!this.isOpen && now - this.leftAt > EVENTS_KEPT_MS) this.end();
  }

  left(now: number): void {
    this.leftAt = now;
  }

  async whenLeft(): Promise<void> {
    await this.connection?.whenClosed();
  }

  /** Ends the current connection, so that messages are only logged until `connect`. @returns a ticket for `isTaken` */
  reserve(): number {
    this.connection?.end();
    this.connection = undefined;
    this.leftAt = Infinity;
    this.ticket += 1;
    return this.ticket;
  }

  /** Returns whether another request has reserved the stream since this ticket was issued. */
  isTaken(ticket: number): boolean {
    return ticket !== this.ticket;
  }

  /** @param missed messages that are replayed first */
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
