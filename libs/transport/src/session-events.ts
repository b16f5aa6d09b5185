import { EVENTS_KEPT_MS, type LoggedEvent } from './event-records.js';

/** What is kept of one session: in memory the newest of this many events and characters, in the store up to twice as much. */
const MAX_EVENTS = 1_000;
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** SQLite holds up all requests while it writes a record: this much takes some milliseconds. */
const MAX_RECORD_CHARACTERS = 256 * 1024;

/** A session, as far as its events go. */
export interface EventOwner {
  readonly id: string;
  /** Once there were some in this process. */
  events?: SessionEvents;
  /** Nobody comes back for its events any more. */
  hasEnded: boolean;
}

interface Written {
  readonly id: string;
  readonly at: number;
  readonly count: number;
  readonly characters: number;
}

/** The events of one session that are not in the store yet, and what is known of those that are. */
export class SessionEvents {
  private waiting: LoggedEvent[] = [];
  private characters = 0;
  /** On their way into the store. */
  private writing: readonly LoggedEvent[] = [];
  private readonly written: Written[] = [];

  /** @returns by how many characters the session's share of memory has grown */
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

  /** What is to be written now: the oldest. Until `noteWritten` or `putBack` it is still here to be read. */
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
   * @param now epoch milliseconds
   * @returns the ids of records that are too many now
   */
  noteWritten(id: string, count: number, characters: number, now: number): string[] {
    this.writing = [];
    while (this.written[0] && this.written[0].at < now - EVENTS_KEPT_MS) this.written.shift();
    this.written.push({ id, at: now, count, characters });
    const surplus: string[] = [];
    while (this.isEnoughWithoutOldest()) surplus.push(this.written.shift()!.id);
    return surplus;
  }

  /** They could not be written. @returns the growth, as `add` does */
  putBack(): number {
    const before = this.characters;
    this.waiting = [...this.writing, ...this.waiting];
    this.writing = [];
    this.characters = this.waiting.reduce((sum, { data }) => sum + data.length, 0);
    this.trim();
    return this.characters - before;
  }

  /** Forgets what has not been written. @returns how many characters that were */
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
