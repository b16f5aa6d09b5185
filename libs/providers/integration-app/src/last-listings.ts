import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Principal } from '@manifold/auth';
import type { AppTools } from './app-tools.js';

const MOST_PRINCIPALS = 10_000;

/** The listing of a principal's integrations, by key. */
export interface ListedApps {
  readonly tools: ReadonlyMap<string, AppTools>;
  /** The reasons why connected integrations offer no tools. */
  readonly unavailable: ReadonlyMap<string, string>;
}

const NOTHING: ListedApps = { tools: new Map(), unavailable: new Map() };

/** Keeps the last listing of each principal. It is used while an integration fails, and to explain why an integration offers no tools. */
export class LastListings {
  private readonly logger = new Logger(LastListings.name);
  private readonly known = new LRUCache<string, ListedApps>({ max: MOST_PRINCIPALS });

  of({ key }: Principal): ListedApps {
    return this.known.get(key) ?? NOTHING;
  }

  /** Stores a new listing. Logs each integration that has become unavailable, or is unavailable for another reason than before. */
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
