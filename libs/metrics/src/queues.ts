import { addProcessMetric } from './process-metrics.js';
import { ReadGauge } from './reading.js';

const queues = new Map<string, () => number>();

addProcessMetric(
  new ReadGauge('manifold_queue_length', 'What waits for its turn', 'queue', () =>
    [...queues].map(([queue, length]) => [queue, length()] as const),
  ),
);

/** Shows how much waits in a queue. @param queue in snake case; of two queues with one name the later one is shown */
export const showQueue = (queue: string, length: () => number): void => void queues.set(queue, length);
