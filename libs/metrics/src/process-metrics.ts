import { Counter } from './counter.js';
import { Histogram } from './histogram.js';
import type { Metric, MetricName } from './metric.js';

/** The metrics of the whole process. Any module can add to them without an injected registry. */
const metrics = new Map<string, Metric>();

/** Adds a metric. @throws Error if the name is taken */
export function addProcessMetric<M extends Metric>(metric: M): M {
  if (metrics.has(metric.name)) throw new Error(`The metric ${metric.name} is declared twice`);
  metrics.set(metric.name, metric);
  return metric;
}

/** Declares a counter of the process. Call it once for each name, at the top of the module that counts. */
export const processCounter = (name: `${MetricName}_total`, help: string, ...labels: readonly string[]): Counter =>
  addProcessMetric(new Counter(name, help, labels));

/** Declares a gauge that is counted up and down: `of(...).add(-1)`. */
export const processLevels = (name: MetricName, help: string, ...labels: readonly string[]): Counter =>
  addProcessMetric(new Counter(name, help, labels, 'gauge'));

/** Declares a histogram of the process. */
export const processHistogram = (
  name: `${MetricName}_seconds`,
  help: string,
  ...labels: readonly string[]
): Histogram => addProcessMetric(new Histogram(name, help, labels));

export const processMetrics = (): readonly Metric[] => [...metrics.values()];
