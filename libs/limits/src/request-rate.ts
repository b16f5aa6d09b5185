import { LRUCache } from 'lru-cache';

/** The count of one key in its minute. */
interface Window {
  /** Requests on all replicas, as far as this replica knows. */
  taken: number;
  /** The part of `taken` that this replica has not reported yet. */
  untold: number;
  /** Monotonic milliseconds. */
  endsAt: number;
  telling?: Promise<void>;
  /** Whether the last report failed. The next one is then sent with the regular flush. */
  isAlone?: boolean;
}

/** The count of all replicas for one key in its minute. */
export interface SharedWindow {
  readonly taken: number;
  readonly msLeft: number;
}

/** Adds to the shared count. Rejects when Redis cannot be reached. */
export type Tell = (key: string, points: number) => Promise<SharedWindow>;

const WINDOW_MS = 60_000;
/** The largest number of keys in memory. A client that uses ever new keys evicts the oldest ones and cannot exhaust the memory. */
const MOST_KEYS = 50_000;
/** The share of the limit after which a replica reports at once, without waiting for the next flush. */
const SHARE = 1 / 20;

/**
 * Limits the requests per minute of each key. It decides from memory and reports to the other replicas afterwards. Together they can
 * therefore exceed the limit by the requests that each replica accepts while it reports. A replica that cannot report counts alone.
 *
 * A window begins with its first request. Refused requests do not count.
 */
export class RequestRate {
  private readonly windows = new LRUCache<string, Window>({ max: MOST_KEYS });
  private readonly untold = new Set<string>();

  /**
   * @param limit requests per minute; 0: no limit
   * @param tell reports to the shared count; not given: there are no other replicas
   */
  constructor(
    readonly limit: number,
    private readonly tell?: Tell,
  ) {}

  /**
   * Counts one request, if the limit allows it.
   * @param now monotonic milliseconds
   * @param limit the limit of this key, if it has one of its own
   * @returns the seconds to wait, if the limit is reached
   */
  take(key: string, now: number, limit = this.limit): number | undefined {
    if (limit === 0) return undefined;
    let window = this.windows.get(key);
    if (!window || now >= window.endsAt) {
      window = { taken: 0, untold: 0, endsAt: now + WINDOW_MS };
      this.windows.set(key, window);
    }
    if (window.taken >= limit) return Math.max(1, Math.ceil((window.endsAt - now) / 1000));
    window.taken += 1;
    if (!this.tell) return undefined;
    window.untold += 1;
    this.untold.add(key);
    if (window.untold >= limit * SHARE && !window.isAlone) void this.tellOf(key, now);
    return undefined;
  }

  /** Reports the counts that have not been reported. It must be called several times a second. Never fails. */
  async flush(now: number): Promise<void> {
    await Promise.all([...this.untold].map((key) => this.tellOf(key, now)));
  }

  private tellOf(key: string, now: number): Promise<void> | undefined {
    const window = this.windows.get(key);
    if (window?.telling) return window.telling;
    this.untold.delete(key);
    if (!this.tell || !window || window.endsAt <= now) return undefined;
    window.telling = this.told(this.tell, key, window, now);
    return window.telling;
  }

  private async told(tell: Tell, key: string, window: Window, now: number): Promise<void> {
    const points = window.untold;
    window.untold = 0;
    try {
      const shared = await tell(key, points);
      window.taken = Math.max(shared.taken, points) + window.untold;
      window.endsAt = now + Math.min(shared.msLeft, WINDOW_MS);
      window.isAlone = false;
    } catch {
      window.untold += points;
      window.isAlone = true;
      this.untold.add(key);
    } finally {
      window.telling = undefined;
    }
  }
}
