import type { Count } from './counter.js';
import { processCounter } from './process-metrics.js';

const lookups = processCounter(
  'manifold_cache_requests_total',
  'Look-ups in caches, by whether they were answered from memory',
  'cache',
  'result',
);

/** How often a cache answered from memory. */
export interface CacheCounts {
  readonly hits: Count;
  readonly misses: Count;
}

/** @param cache what it holds, in snake case */
export const countsOfCache = (cache: string): CacheCounts => ({
  hits: lookups.of(cache, 'hit'),
  misses: lookups.of(cache, 'miss'),
});
