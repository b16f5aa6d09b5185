import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds. Calls of tools take from well under a millisecond to minutes. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** The Prometheus metrics of this process. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly calls: Counter<'provider' | 'app' | 'outcome'>;
  private readonly latency: Histogram<'provider' | 'app'>;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.calls = new Counter({
      name: 'manifold_tool_calls_total',
      help: 'Tool calls by outcome: ok, tool_error or the code of the failure',
      labelNames: ['provider', 'app', 'outcome'],
      registers: [this.registry],
    });
    this.latency = new Histogram({
      name: 'manifold_tool_call_seconds',
      help: 'Time from dispatch to the result of a tool call',
      labelNames: ['provider', 'app'],
      buckets: LATENCY_BUCKETS,
      registers: [this.registry],
    });
  }

  toolCall(provider: string, app: string, outcome: string, seconds: number): void {
    this.calls.inc({ provider, app, outcome });
    this.latency.observe({ provider, app }, seconds);
  }

  /** Adds a value that is read when it is asked for. */
  gauge(name: `manifold_${string}`, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
