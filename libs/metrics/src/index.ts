export { countsOfCache } from './caches.js';
export { type Count } from './counter.js';
export { Metrics } from './metrics.js';
export { MetricsModule } from './metrics.module.js';
export { processCounter, processHistogram, processLevels } from './process-metrics.js';
export { showQueue } from './queues.js';
