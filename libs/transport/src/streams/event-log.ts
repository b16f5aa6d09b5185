import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { showQueue } from '@manifold/metrics';
import { paceWrites } from '@manifold/async';
import { EventRecords, type LoggedEvent } from './event-records.js';
import { SessionEvents, type EventOwner } from './session-events.js';

/** Milliseconds for which events are collected before they are written together. */
const GATHER_MS = 200;
/** Maximum characters that wait to be written, for all sessions together. */
const MAX_WAITING = 64 * 1024 * 1024;

/**
 * Log of the messages that went to the streams of the legacy era. A client that reconnects gets the messages that it missed, even
 * after a restart of the gateway.
 *
 * The log is written asynchronously, with all events of a session together, so no call waits for it. If the process dies, events that
 * were not yet written are lost. Count, size and age are limited; the oldest events are dropped first.
 */
@Injectable()
export class EventLog {
  private readonly logger = new Logger(EventLog.name);
  /** Sessions with unwritten events, in the order in which the first of these events arrived. */
  private readonly due = new Set<EventOwner>();
  /** Number of sessions whose events are being written. */
  private beingWritten = 0;
  private waiting = 0;
  private running?: Promise<void>;
  private closing = false;

  constructor(private readonly records: EventRecords) {
    showQueue('event_log', () => this.due.size + this.beingWritten);
  }

  append(session: EventOwner, event: LoggedEvent): void {
    if (session.hasEnded) return;
    session.events ??= new SessionEvents();
    this.waiting += session.events.add(event);
    this.due.add(session);
    if (this.waiting > MAX_WAITING) this.dropOldest();
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** Returns the events of a stream that are not in the store yet. */
  inMemory({ events }: EventOwner, stream: string): LoggedEvent[] {
    return events?.ofStream(stream) ?? [];
  }

  inStore({ id }: EventOwner, stream: string): Promise<LoggedEvent[]> {
    return this.records.ofStream(id, stream);
  }

  /** Drops the unwritten events of a session that has left this process's memory. */
  forget(session: EventOwner): void {
    session.hasEnded = true;
    this.waiting -= session.events?.drop() ?? 0;
    this.due.delete(session);
  }

  /** Removes the stored events of a session that has ended. If this process has logged none, the events of other processes just expire. */
  async remove({ id, events }: EventOwner): Promise<void> {
    if (events) await this.records.removeAll(id);
  }

  /** Writes all events of one session immediately, because another replica is about to read them. Stops at the first error. */
  async save(session: EventOwner): Promise<void> {
    while (session.events?.hasNews && (await this.write(session)));
  }

  /** Writes the remaining events without pauses. Called when the gateway shuts down. */
  async flush(): Promise<void> {
    this.closing = true;
    await this.running;
    for (const session of this.due) await this.write(session);
  }

  /** Writes in rounds. Events that arrive for a session after its turn go into a record of the next round. */
  private async run(): Promise<void> {
    while (this.due.size > 0 && !this.closing) {
      await pause(GATHER_MS, undefined, { ref: false });
      for (const session of [...this.due]) {
        if (this.closing) return;
        const start = performance.now();
        await paceWrites(start, await this.write(session));
      }
    }
  }

  private async write(session: EventOwner): Promise<boolean> {
    this.due.delete(session);
    const known = session.events;
    if (!known?.hasNews) return true;
    const { events, characters } = known.take();
    this.waiting -= characters;
    this.beingWritten += 1;
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
    } finally {
      this.beingWritten -= 1;
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
