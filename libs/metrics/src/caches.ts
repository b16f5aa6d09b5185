import type { Count } from './counter.js';
import { processCounter } from './process-metrics.js';

const lookups = processCounter(
  'manifold_cache_requests_total',
  'Look-ups in caches, by whether they were answered from memory',
  'cache',
  'result',
);

/** The hits and misses of a cache. */
export interface CacheCounts {
  readonly hits: Count;
  readonly misses: Count;
}

/**
 * Returns the counts of a cache.
 * @param cache the content of the cache, in snake case
 */
export const countsOfCache = (cache: string): CacheCounts => ({
  hits: lookups.of(cache, 'hit'),
  misses: lookups.of(cache, 'miss'),
});
