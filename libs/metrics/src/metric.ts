/** One line of the exposition format. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Where it is not the metric's own name: the parts of a histogram. */
  readonly metricName?: string;
}

/** What a registry of prom-client writes of a metric. */
export interface Exposition {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Sample[];
}

export interface Metric {
  readonly name: string;
  get(): Promise<Exposition>;
}

/** `manifold_`, base units, `_total` for counters (prometheus.io, "Metric and label naming"). */
export type MetricName = `manifold_${string}`;
