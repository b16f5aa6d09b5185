import { Injectable } from '@nestjs/common';
import { CallsInFlight } from './calls-in-flight.js';
import { EventStreams } from './event-streams.js';
import { SessionPlaces } from './session-places.js';

/** What the transport is doing at this moment, for metrics and people. */
@Injectable()
export class TransportStatus {
  constructor(
    private readonly places: SessionPlaces,
    private readonly eventStreams: EventStreams,
    private readonly calls: CallsInFlight,
  ) {}

  /** Sessions in memory, of both transports. */
  get sessions(): number {
    return this.places.taken;
  }

  get streams(): number {
    return this.eventStreams.size;
  }

  get callsInFlight(): number {
    return this.calls.size;
  }
}
