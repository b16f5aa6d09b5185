import { EVENTS_KEPT_MS, type LoggedEvent } from './event-records.js';

/** Limits per session. Memory holds the newest unwritten events, up to these numbers. The store holds up to twice as much. */
const MAX_EVENTS = 1_000;
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** Size at which a record is complete. SQLite blocks all requests while it writes. A record of this size takes a few milliseconds. */
const MAX_RECORD_CHARACTERS = 256 * 1024;

/** The part of a session that the event log needs. */
export interface EventOwner {
  readonly id: string;
  /** Set when this process logs the first event of the session. */
  events?: SessionEvents;
  /** Whether the session has left this process's memory. No events are logged after that. */
  hasEnded: boolean;
}

interface Written {
  readonly id: string;
  readonly at: number;
  readonly count: number;
  readonly characters: number;
}

/** Unwritten events of one session, and a list of the records that this process has written for it. */
export class SessionEvents {
  private waiting: LoggedEvent[] = [];
  private characters = 0;
  /** Events that are being written to the store. */
  private writing: readonly LoggedEvent[] = [];
  private readonly written: Written[] = [];

  /** @returns the change in buffered characters */
  add(event: LoggedEvent): number {
    const before = this.characters;
    this.waiting.push(event);
    this.characters += event.data.length;
    this.trim();
    return this.characters - before;
  }

  ofStream(stream: string): LoggedEvent[] {
    return [...this.writing, ...this.waiting].filter((event) => event.stream === stream);
  }

  get hasNews(): boolean {
    return this.waiting.length > 0;
  }

  /** Takes the oldest events, which are to be written now. `ofStream` still returns them until `noteWritten` or `putBack` is called. */
  take(): { readonly events: LoggedEvent[]; readonly characters: number } {
    let [count, characters] = [0, 0];
    while (count < this.waiting.length && characters < MAX_RECORD_CHARACTERS) {
      characters += this.waiting[count]!.data.length;
      count += 1;
    }
    const events = this.waiting.splice(0, count);
    this.writing = events;
    this.characters -= characters;
    return { events, characters };
  }

  /**
   * Records that the events from `take` are in the store.
   * @param now epoch milliseconds
   * @returns the ids of records that are over the limit and must be removed
   */
  noteWritten(id: string, count: number, characters: number, now: number): string[] {
    this.writing = [];
    while (this.written[0] && this.written[0].at < now - EVENTS_KEPT_MS) this.written.shift();
    this.written.push({ id, at: now, count, characters });
    const surplus: string[] = [];
    while (this.isEnoughWithoutOldest()) surplus.push(this.written.shift()!.id);
    return surplus;
  }

  /** Puts back events that could not be written. @returns the change in buffered characters */
  putBack(): number {
    const before = this.characters;
    this.waiting = [...this.writing, ...this.waiting];
    this.writing = [];
    this.characters = this.waiting.reduce((sum, { data }) => sum + data.length, 0);
    this.trim();
    return this.characters - before;
  }

  /** Drops the unwritten events. @returns the number of dropped characters */
  drop(): number {
    const dropped = this.characters;
    this.waiting = [];
    this.characters = 0;
    return dropped;
  }

  private isEnoughWithoutOldest(): boolean {
    let [count, characters] = [0, 0];
    for (const record of this.written.slice(1)) {
      count += record.count;
      characters += record.characters;
    }
    return count >= MAX_EVENTS || characters >= MAX_CHARACTERS;
  }

  private trim(): void {
    let surplus = 0;
    while (this.waiting.length - surplus > MAX_EVENTS || this.characters > MAX_CHARACTERS) {
      this.characters -= this.waiting[surplus]!.data.length;
      surplus += 1;
    }
    if (surplus > 0) this.waiting.splice(0, surplus);
  }
}
