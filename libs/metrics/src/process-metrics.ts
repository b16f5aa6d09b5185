import { Counter } from './counter.js';
import { Histogram } from './histogram.js';
import type { Metric, MetricName } from './metric.js';

/** What is counted for the whole process, wherever in it: nobody has to be handed a registry for an addition. */
const metrics = new Map<string, Metric>();

/** @throws Error where the name is taken */
export function addProcessMetric<M extends Metric>(metric: M): M {
  if (metrics.has(metric.name)) throw new Error(`The metric ${metric.name} is declared twice`);
  metrics.set(metric.name, metric);
  return metric;
}

/** Declares a counter of the process. Once for each name, at the top of the module that counts. */
export const processCounter = (name: `${MetricName}_total`, help: string, ...labels: readonly string[]): Counter =>
  addProcessMetric(new Counter(name, help, labels));

/** Declares what goes up and down: `of(...).add(-1)`. */
export const processLevels = (name: MetricName, help: string, ...labels: readonly string[]): Counter =>
  addProcessMetric(new Counter(name, help, labels, 'gauge'));

/** Declares a histogram of the process. */
export const processHistogram = (
  name: `${MetricName}_seconds`,
  help: string,
  ...labels: readonly string[]
): Histogram => addProcessMetric(new Histogram(name, help, labels));

export const processMetrics = (): readonly Metric[] => [...metrics.values()];
