import { ProviderError } from '@manifold/tool-provider';
import type { Listing } from '../catalogue/catalogue.js';

/** Minimum time between two attempts while there is no listing to show. */
const RETRY_EMPTY_MS = 1_000;
/** Maximum time for which a stale listing is shown if it cannot be refreshed. */
const MAX_STALE_MS = 3_600_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/**
 * State of the listing of one catalogue key. Times are monotonic milliseconds. There may be thousands of slots, so a slot has no closure
 * and no timer.
 */
export interface Slot {
  readonly key: string;
  /** Current listing; the provider's empty listing if there is nothing else to show. */
  listing: Listing;
  /** Whether `listing` came from the provider. */
  listed: boolean;
  /** Time until which the listing is fresh. */
  staleAt: number;
  /** Earliest time of the next background refresh. */
  retryAt: number;
  /** Number of failures since the last success. */
  failures: number;
  /** A change was announced and the listeners were called. The listing is not shown until it has been fetched again. */
  announced: boolean;
  /** A background refresh is queued. */
  queued: boolean;
  /** The running fetch. A change clears the field, so the result of an outdated fetch is not stored. */
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

/** Returns whether a stale listing may be shown while it is refreshed. */
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
 * Records a failed fetch and sets the time of the next attempt.
 * @param refused whether the provider refused access to the user
 * @returns whether the current listing is still shown
 */
export function noteFailure(slot: Slot, error: unknown, refused: boolean, now: number): boolean {
  slot.failures += 1;
  slot.retryAt = now + retryDelay(slot.failures, error);
  if (slot.listed && !refused && now < slot.staleAt + MAX_STALE_MS) return true;
  slot.listed = false;
  slot.staleAt = now + RETRY_EMPTY_MS;
  return false;
}

/** Returns the delay before a retry: exponential backoff with jitter, and at least the provider's `retryAfter`. */
function retryDelay(failures: number, error: unknown): number {
  const backoff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)) * (1 + Math.random() / 2);
  const wanted = error instanceof ProviderError && error.retryAfter !== undefined ? error.retryAfter * 1000 : 0;
  return Math.max(backoff, wanted);
}
