import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Principal } from '@manifold/auth';

const MOST_PRINCIPALS = 10_000;

/** Why integrations that users have connected offer no tools, by key, as of the last listing. */
export class UnavailableApps {
  private readonly logger = new Logger(UnavailableApps.name);
  private readonly reasons = new LRUCache<string, ReadonlyMap<string, string>>({ max: MOST_PRINCIPALS });

  reasonOf(app: string, { key }: Principal): string | undefined {
    return this.reasons.get(key)?.get(app);
  }

  /** Instead of what was known of the principal. What is new is logged once. */
  replace({ key }: Principal, reasons: ReadonlyMap<string, string>): void {
    const before = this.reasons.get(key);
    for (const [app, reason] of reasons) {
      if (before?.get(app) === reason) continue;
      this.logger.log({ msg: 'a connected integration offers no tools', principal: key, integration: app, reason });
    }
    if (reasons.size === 0) this.reasons.delete(key);
    else this.reasons.set(key, reasons);
  }
}
