import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { showQueue } from '@manifold/metrics';
import { restAfterWrite } from '@manifold/turns';
import { EventRecords, type LoggedEvent } from './event-records.js';
import { SessionEvents, type EventOwner } from './session-events.js';

/** Milliseconds for which events are gathered before they are written. */
const GATHER_MS = 200;
/** Characters of all sessions that wait to be written. */
const MAX_WAITING = 64 * 1024 * 1024;

/**
 * What went to the streams of the legacy era, so that a client can come back for what it has missed, also after a restart.
 *
 * It is written behind, all events of a session together: no call waits for it. What has not been written when the process dies is
 * missing. Count, size and age are bounded; the oldest goes first.
 */
@Injectable()
export class EventLog {
  private readonly logger = new Logger(EventLog.name);
  /** Those with something to write, in the order in which they got it. */
  private readonly due = new Set<EventOwner>();
  private waiting = 0;
  private running?: Promise<void>;
  private closing = false;

  constructor(private readonly records: EventRecords) {
    showQueue('event_log', () => this.due.size);
  }

  append(session: EventOwner, event: LoggedEvent): void {
    if (session.hasEnded) return;
    session.events ??= new SessionEvents();
    this.waiting += session.events.add(event);
    this.due.add(session);
    if (this.waiting > MAX_WAITING) this.dropOldest();
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** What is not in the store yet. */
  inMemory({ events }: EventOwner, stream: string): LoggedEvent[] {
    return events?.ofStream(stream) ?? [];
  }

  inStore({ id }: EventOwner, stream: string): Promise<LoggedEvent[]> {
    return this.records.ofStream(id, stream);
  }

  /** The session has left memory: what was not written of it is not written any more. */
  forget(session: EventOwner): void {
    session.hasEnded = true;
    this.waiting -= session.events?.drop() ?? 0;
    this.due.delete(session);
  }

  /** The session is gone. What another process has written of it expires. */
  async remove({ id, events }: EventOwner): Promise<void> {
    if (events) await this.records.removeAll(id);
  }

  /** Writes what there is of one session, now: another replica is about to read it. */
  async save(session: EventOwner): Promise<void> {
    while (session.events?.hasNews && (await this.write(session)));
  }

  /** Writes what there is, and paces itself no more. */
  async flush(): Promise<void> {
    this.closing = true;
    await this.running;
    for (const session of this.due) await this.write(session);
  }

  /** Round by round: what a session gets while others are written goes into the next record. */
  private async run(): Promise<void> {
    while (this.due.size > 0 && !this.closing) {
      await pause(GATHER_MS, undefined, { ref: false });
      for (const session of [...this.due]) {
        if (this.closing) return;
        const start = performance.now();
        await restAfterWrite(start, await this.write(session));
      }
    }
  }

  private async write(session: EventOwner): Promise<boolean> {
    this.due.delete(session);
    const known = session.events;
    if (!known?.hasNews) return true;
    const { events, characters } = known.take();
    this.waiting -= characters;
    const now = Date.now();
    try {
      const id = await this.records.add(session.id, events, now);
      for (const surplus of known.noteWritten(id, events.length, characters, now)) await this.records.remove(surplus);
      if (known.hasNews && !session.hasEnded) this.due.add(session);
      return true;
    } catch (err) {
      this.logger.warn({ msg: 'events could not be written', events: events.length, err });
      if (session.hasEnded || this.closing) return false;
      this.waiting += known.putBack();
      this.due.add(session);
      return false;
    }
  }

  private dropOldest(): void {
    for (const session of this.due) {
      this.due.delete(session);
      this.waiting -= session.events?.drop() ?? 0;
      this.logger.warn({ msg: 'the events of a session were dropped: too many wait to be written' });
      return;
    }
  }
}
