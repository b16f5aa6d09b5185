import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { CallsInFlight } from '@manifold/tool-registry';
import { EventLog } from './event-log.js';
import { EventStreams } from './event-streams.js';
import { ParkedCalls } from './parked-calls.js';
import { SessionPlaces } from './session-places.js';

const DRAIN_MS = 25_000;

/** Leaves in order: no new sessions, calls in flight get their answers (but those that wait for a client do not), then the streams end. */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Drain.name);

  constructor(
    private readonly places: SessionPlaces,
    private readonly calls: CallsInFlight,
    private readonly streams: EventStreams,
    private readonly parked: ParkedCalls,
    private readonly events: EventLog,
  ) {}

  /** Begins before the shutdown, where there is a time for load balancers to notice. Who has a session goes on in it. */
  refuseNew(): void {
    this.places.refuseNew();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.refuseNew();
    this.parked.cancelAll();
    const drained = await this.calls.whenNone(DRAIN_MS);
    if (!drained) this.logger.warn({ msg: 'calls are cut off by the shutdown', calls: this.calls.size });
    await nextTurn(); // the last answers are on their way to their streams
    this.streams.endAll();
    await this.events.flush();
  }
}
