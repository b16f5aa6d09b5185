import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Registry, type Metric as RegistryMetric } from 'prom-client';
import { Counter } from './counter.js';
import { Histogram } from './histogram.js';
import type { Metric, MetricName } from './metric.js';
import { processMetrics } from './process-metrics.js';
import { ReadGauge } from './reading.js';

/** The Prometheus metrics of this process: its own, those of Node, and values that are read for each scrape. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly calls = new Counter(
    'manifold_tool_calls_total',
    'Tool calls by outcome: ok, tool_error or the code of the failure',
    ['provider', 'app', 'outcome'],
  );
  private readonly latency = new Histogram(
    'manifold_tool_call_seconds',
    'Time from dispatch to the result of a tool call',
    ['provider', 'app'],
  );

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.add(this.calls);
    this.add(this.latency);
  }

  /** @param app the registered server, or the integration */
  toolCall(provider: string, app: string, outcome: string, seconds: number): void {
    this.calls.of(provider, app, outcome).add();
    this.latency.of(provider, app).observe(seconds);
  }

  /** Adds a gauge that is read for each scrape. */
  gauge(name: MetricName, help: string, read: () => number): void {
    this.add(new ReadGauge(name, help, undefined, () => [['', read()]]));
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  /** Returns the metrics in the text format of Prometheus. */
  text(): Promise<string> {
    for (const metric of processMetrics()) this.add(metric); // modules that are loaded late also declare metrics
    return this.registry.metrics();
  }

  /** Adds a metric to the registry. prom-client uses only its name and the result of `get`. */
  private add(metric: Metric): void {
    this.registry.registerMetric(metric as unknown as RegistryMetric);
  }
}
