import { addProcessMetric } from './process-metrics.js';
import { ReadGauge } from './reading.js';

const queues = new Map<string, () => number>();

addProcessMetric(
  new ReadGauge('manifold_queue_length', 'Requests and tasks that wait in a queue', 'queue', () =>
    [...queues].map(([queue, length]) => [queue, length()] as const),
  ),
);

/**
 * Exports the length of a queue.
 * @param queue the name in snake case; a later queue replaces an earlier one of the same name
 */
export const showQueue = (queue: string, length: () => number): void => void queues.set(queue, length);
