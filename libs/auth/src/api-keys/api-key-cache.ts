import { LRUCache } from 'lru-cache';
import { countsOfCache } from '@manifold/metrics';
import type { Principal } from '../principal.js';

/** Milliseconds from reading the store: a revocation on another replica is seen within this time. */
const TIME_TO_LIVE = 5000;
const MOST_ENTRIES = 10_000;
const { hits, misses } = countsOfCache('api_keys');

/**
 * Remembers for a moment whose keys these are, so that a warm call reads no database.
 *
 * Unknown keys are remembered apart: a flood of them pushes no good key out.
 */
export class ApiKeyCache {
  private readonly known = new LRUCache<string, Principal>({ max: MOST_ENTRIES, ttl: TIME_TO_LIVE });
  private readonly unknown = new LRUCache<string, true>({ max: MOST_ENTRIES, ttl: TIME_TO_LIVE });
  private readonly loading = new Map<string, Promise<Principal | undefined>>();

  /** @param load asks the store; called once for any number of parallel questions about one hash */
  constructor(private readonly load: (hash: string) => Promise<Principal | undefined>) {}

  async find(hash: string): Promise<Principal | undefined> {
    const principal = this.known.get(hash);
    if (principal || this.unknown.has(hash)) {
      hits.add();
      return principal;
    }
    misses.add();
    return this.loading.get(hash) ?? this.reload(hash);
  }

  /** The key was revoked here. A load that is under way may have read it before that: its answer is not kept. */
  drop(hash: string): void {
    this.known.delete(hash);
    this.loading.delete(hash);
  }

  private reload(hash: string): Promise<Principal | undefined> {
    const start = performance.now();
    const loaded = this.load(hash);
    this.loading.set(hash, loaded);
    const settle = (keep: () => void): void => {
      if (this.loading.get(hash) !== loaded) return;
      this.loading.delete(hash);
      keep();
    };
    loaded.then(
      (principal) =>
        settle(() =>
          principal ? this.known.set(hash, principal, { start }) : this.unknown.set(hash, true, { start }),
        ),
      () => settle(() => undefined),
    );
    return loaded;
  }
}
