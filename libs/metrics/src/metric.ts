/** One line of the exposition format. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** The name of the sample if it differs from the metric's name: for the parts of a histogram. */
  readonly metricName?: string;
}

/** The data of a metric that a registry of prom-client writes. */
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

/** The name of a metric: `manifold_`, base units, `_total` for counters (prometheus.io, "Metric and label naming"). */
export type MetricName = `manifold_${string}`;
