import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Principal } from '@manifold/auth';
import type { AppTools } from './app-tools.js';

const MOST_PRINCIPALS = 10_000;

/** What a principal's integrations offered, by key. */
export interface ListedApps {
  readonly tools: ReadonlyMap<string, AppTools>;
  /** Why integrations that are connected offer nothing. */
  readonly unavailable: ReadonlyMap<string, string>;
}

const NOTHING: ListedApps = { tools: new Map(), unavailable: new Map() };

/** The last listing of each principal: what holds while an integration fails, and why one offers nothing. */
export class LastListings {
  private readonly logger = new Logger(LastListings.name);
  private readonly known = new LRUCache<string, ListedApps>({ max: MOST_PRINCIPALS });

  of({ key }: Principal): ListedApps {
    return this.known.get(key) ?? NOTHING;
  }

  /** What is new of what is not available is logged, once. */
  replace(principal: Principal, listed: ListedApps): void {
    const before = this.of(principal).unavailable;
    for (const [integration, reason] of listed.unavailable) {
      if (before.get(integration) === reason) continue;
      const msg = 'a connected integration offers no tools';
      this.logger.log({ msg, principal: principal.key, integration, reason });
    }
    this.known.set(principal.key, listed);
  }
}
