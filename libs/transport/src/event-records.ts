import { Injectable } from '@nestjs/common';
import { Store, type Collection } from '@manifold/store';

/** Milliseconds for which a client can come back for what it has missed. */
export const EVENTS_KEPT_MS = 5 * 60_000;

/** A message as it went to a stream, or would have gone. */
export type LoggedEvent = {
  stream: string;
  /** From 1, without gaps. */
  number: number;
  /** JSON text; '' when nothing follows: the stream has ended. */
  data: string;
};

type EventsRecord = { session: string; events: LoggedEvent[] };

/** The events of all streams in the store, several to a record. */
@Injectable()
export class EventRecords {
  private opened?: Collection<EventsRecord>;

  constructor(private readonly store: Store) {}

  /** @returns the record's id */
  async add(session: string, events: LoggedEvent[], now: number): Promise<string> {
    return (await this.records.insert({ session, events }, { expiresAt: now + EVENTS_KEPT_MS })).id;
  }

  async ofStream(session: string, stream: string): Promise<LoggedEvent[]> {
    const records = await this.records.find({ session });
    return records.flatMap(({ value }) => value.events.filter((event) => event.stream === stream));
  }

  async remove(id: string): Promise<void> {
    await this.records.remove(id);
  }

  async removeAll(session: string): Promise<void> {
    await this.records.removeWhere({ session });
  }

  /** Opened on first use: the store itself starts with the application. */
  private get records(): Collection<EventsRecord> {
    return (this.opened ??= this.store.collection<EventsRecord>({
      name: 'mcp_events',
      replaceable: true, // they are written behind anyway
      indexes: [{ fields: ['session'] }],
    }));
  }
}
