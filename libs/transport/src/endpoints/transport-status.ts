import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Overload } from '@manifold/limits';
import { Metrics } from '@manifold/metrics';
import { CallsInFlight } from '@manifold/tool-registry';
import { EventStreams } from '../sessions/event-streams.js';
import { SessionSlots } from '../sessions/session-slots.js';

/** Provides the current numbers of sessions, streams and calls, and publishes them as metrics. */
@Injectable()
export class TransportStatus implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly slots: SessionSlots,
    private readonly eventStreams: EventStreams,
    private readonly calls: CallsInFlight,
    private readonly overload: Overload,
  ) {}

  onModuleInit(): void {
    this.overload.countCalls(() => this.callsInFlight);
    this.metrics.gauge('manifold_sessions', 'Sessions of MCP clients in memory', () => this.sessions);
    this.metrics.gauge('manifold_event_streams', 'Open event streams to MCP clients', () => this.streams);
    this.metrics.gauge(
      'manifold_calls_in_flight',
      'MCP requests and REST tool calls under way',
      () => this.callsInFlight,
    );
  }

  /** Sessions of both transports in this process's memory. A `subscriptions/listen` stream also counts as one. */
  get sessions(): number {
    return this.slots.taken;
  }

  get streams(): number {
    return this.eventStreams.size;
  }

  get callsInFlight(): number {
    return this.calls.size;
  }
}
