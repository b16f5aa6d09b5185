import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { CallsInFlight } from '@manifold/tool-registry';
import { EventLog } from '../streams/event-log.js';
import { EventStreams } from '../sessions/event-streams.js';
import { ParkedCalls } from '../modern/parked-calls.js';
import { SessionSlots } from '../sessions/session-slots.js';

const DRAIN_MS = 25_000;

/**
 * Shuts the transport down in order. It refuses new sessions and cancels the calls that wait for input from a client. It then waits up
 * to 25 seconds for the running calls, ends the streams and writes the remaining events.
 */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Drain.name);

  constructor(
    private readonly slots: SessionSlots,
    private readonly calls: CallsInFlight,
    private readonly streams: EventStreams,
    private readonly parked: ParkedCalls,
    private readonly events: EventLog,
  ) {}

  /** Refuses new sessions. Called before the shutdown, so that load balancers have time to notice. Existing sessions continue. */
  refuseNew(): void {
    this.slots.refuseNew();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.refuseNew();
    this.parked.cancelAll();
    const drained = await this.calls.whenNone(DRAIN_MS);
    if (!drained) this.logger.warn({ msg: 'calls are cut off by the shutdown', calls: this.calls.size });
    await nextTurn(); // lets the last responses reach their streams
    this.streams.endAll();
    await this.events.flush();
  }
}
