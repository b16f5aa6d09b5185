import { Injectable } from '@nestjs/common';
import { confidentialFields, Store, type Collection, type CollectionSpec } from '@manifold/store';

/** Milliseconds for which events are kept, so that a client can reconnect and get the ones that it missed. */
export const EVENTS_KEPT_MS = 5 * 60_000;

/** A message of a stream. It is logged even if the client was not connected. */
export type LoggedEvent = {
  stream: string;
  /** Number of the event in its stream. Numbers start at 1 and have no gaps. */
  number: number;
  /** JSON text. '' marks the end of the stream. */
  data: string;
};

type EventsRecord = { session: string; events: LoggedEvent[] };

/** The messages between servers and clients are stored sealed. */
export const EVENTS: CollectionSpec<EventsRecord> = {
  name: 'mcp_events',
  replaceable: true, // events are written asynchronously, so a crash may lose the last ones anyway
  indexes: [{ fields: ['session'] }],
  confidential: confidentialFields<EventsRecord>({ events: [] }),
};

/** Reads and writes the events of all streams in the store. One record holds several events. */
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

  /** Opens the collection on first use, because the store starts together with the application. */
  private get records(): Collection<EventsRecord> {
    return (this.opened ??= this.store.collection(EVENTS));
  }
}
