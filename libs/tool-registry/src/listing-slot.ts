import { ProviderError } from '@manifold/tool-provider';
import type { Listing } from './catalogue.js';

/** A listing that never succeeded is asked for again after this time, not on each request. */
const RETRY_EMPTY_MS = 1_000;
/** A listing that could not be refreshed for this long after it went stale is not shown any more. */
const MAX_STALE_MS = 3_600_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** What is known of the listing of one catalogue key. Times are monotonic milliseconds. There are thousands: no closure, no timer. */
export interface Slot {
  readonly key: string;
  /** The provider's empty listing where there is no other to show. */
  listing: Listing;
  /** Whether `listing` is what the provider answered. */
  listed: boolean;
  staleAt: number;
  /** In the background the provider is not asked earlier. */
  retryAt: number;
  /** Since the last success. */
  failures: number;
  /** A change was announced, and those who listen were told: nobody gets the listing before it was asked for again. */
  announced: boolean;
  /** Waits for its turn in the background. */
  queued: boolean;
  /** The question that is under way. One that a change has overtaken is not it any more. */
  pending?: Promise<Listing>;
}

export const newSlot = (key: string, listing: Listing): Slot => ({
  key,
  listing,
  listed: false,
  staleAt: 0,
  retryAt: 0,
  failures: 0,
  announced: false,
  queued: false,
  pending: undefined,
});

export const isFresh = (slot: Slot, now: number): boolean => now < slot.staleAt;

/** Whether a stale listing is good enough to be shown while it is refreshed. */
export const isShownStale = (slot: Slot, now: number): boolean =>
  slot.listed && !slot.announced && now < slot.staleAt + MAX_STALE_MS;

export const isDue = (slot: Slot, now: number): boolean =>
  now >= slot.staleAt && now >= slot.retryAt && slot.pending === undefined;

export function noteChange(slot: Slot, now: number): void {
  slot.announced = true;
  slot.pending = undefined;
  slot.staleAt = Math.min(slot.staleAt, now);
}

export function noteSuccess(slot: Slot, staleAt: number): void {
  slot.listed = true;
  slot.failures = 0;
  slot.retryAt = 0;
  slot.staleAt = staleAt;
}

/**
 * @param refused whether the provider said that the user may not see its tools
 * @returns whether the listing is still shown
 */
export function noteFailure(slot: Slot, error: unknown, refused: boolean, now: number): boolean {
  slot.failures += 1;
  slot.retryAt = now + retryDelay(slot.failures, error);
  if (slot.listed && !refused && now < slot.staleAt + MAX_STALE_MS) return true;
  slot.listed = false;
  slot.staleAt = now + RETRY_EMPTY_MS;
  return false;
}

/** Twice as long each time, never before the provider wants it, and not at one moment for all who failed together. */
function retryDelay(failures: number, error: unknown): number {
  const backoff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)) * (1 + Math.random() / 2);
  const wanted = error instanceof ProviderError && error.retryAfter !== undefined ? error.retryAfter * 1000 : 0;
  return Math.max(backoff, wanted);
}
