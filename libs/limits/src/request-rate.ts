import { LRUCache } from 'lru-cache';

/** One minute of one key. */
interface Window {
  /** By all replicas, as far as it is known here. */
  taken: number;
  /** A part of it that nobody else knows of yet. */
  untold: number;
  /** Monotonic milliseconds. */
  endsAt: number;
  telling?: Promise<void>;
  /** The last try to tell has failed: the next one can wait for its time. */
  isAlone?: boolean;
}

/** What all replicas have taken of a key in its minute. */
export interface SharedWindow {
  readonly taken: number;
  readonly msLeft: number;
}

/** Adds to what all replicas have taken. Rejects where it cannot be reached. */
export type Tell = (key: string, points: number) => Promise<SharedWindow>;

const WINDOW_MS = 60_000;
/** Keys that are remembered: whoever comes with ever new ones pushes out the oldest, and fills no memory. */
const MOST_KEYS = 50_000;
/** The part of the limit that a replica takes before it says so, however soon that is. */
const SHARE = 1 / 20;

/**
 * So many in a minute, by key. A decision is a look at memory: what was taken is told to the other replicas behind it, so that together
 * they can go above the limit by what each takes while it tells. Where they cannot be reached each counts alone.
 *
 * Windows begin with their first request. What is refused does not count.
 */
export class RequestRate {
  private readonly windows = new LRUCache<string, Window>({ max: MOST_KEYS });
  private readonly untold = new Set<string>();

  /**
   * @param limit 0: none
   * @param tell not given: there are no other replicas
   */
  constructor(
    readonly limit: number,
    private readonly tell?: Tell,
  ) {}

  /**
   * @param now monotonic milliseconds
   * @param limit of this key, where it is another one
   * @returns the seconds to wait, where there is nothing left to take
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

  /** Tells what has not been told; to be called some times a second. Never fails. */
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
