// Counters, histograms and gauges, counted as plain numbers.
// It imports no other library of this repository, because store, egress and auth use it, too.
export { countsOfCache } from './caches.js';
export { type Count } from './counter.js';
export { Metrics } from './metrics.js';
export { MetricsModule } from './metrics.module.js';
export { processCounter, processHistogram, processLevels } from './process-metrics.js';
export { showQueue } from './queues.js';
