/** How a call of an upstream ended, as far as it says something about the upstream. */
export type Ending = 'answered' | 'unavailable' | 'timeout' | 'unknown';

/** What a call needs to know when it ends. */
export interface Attempt {
  readonly principal: string;
  readonly began: number;
  readonly isProbe: boolean;
}

/** Failures that are further apart are no row. */
const ROW_MS = 60_000;
/** It is left alone for this long at first, then for twice as long each time. */
const FIRST_PAUSE_MS = 1_000;
/** Short enough for an upstream that is back to be back for everybody soon. */
const LONGEST_PAUSE_MS = 5_000;

/**
 * Leaves an upstream alone that has failed so many times in a row: calls fail at once, until one that is let through is answered.
 *
 * - Failures count that say that it is not there: no connection, no answer in time. Errors that it answers with show that it is.
 * - Connections that break together break once: of those, only calls count that began after the last failure.
 * - A row that is all one principal's stops that principal: nobody can take an upstream away from the others.
 */
export class Breaker {
  private row = 0;
  private rowBegan = 0;
  private failedAt = -Infinity;
  /** Of the row; undefined where there is more than one. */
  private principal?: string;
  private pauses = 0;
  private openUntil = 0;
  private probing = false;

  constructor(private readonly failures: number) {}

  get isOpen(): boolean {
    return this.pauses > 0;
  }

  /** Whether there is nothing to remember of it. */
  get isIdle(): boolean {
    return this.row === 0;
  }

  /**
   * @param now monotonic milliseconds, as everywhere here
   * @returns the milliseconds to wait, where the call must not be made; else `ended` must be called
   */
  attempt(principal: string, now: number): Attempt | number {
    const isProbe = this.pauses > 0 && (this.principal === undefined || this.principal === principal);
    if (isProbe) {
      if (now < this.openUntil) return this.openUntil - now;
      if (this.probing) return FIRST_PAUSE_MS;
      this.probing = true;
    }
    return { principal, began: now, isProbe };
  }

  ended(attempt: Attempt, ending: Ending, now: number): void {
    if (attempt.isProbe) this.probing = false;
    if (ending === 'answered') return this.answered(attempt);
    if (ending === 'unknown') return;
    if (this.pauses > 0) {
      if (attempt.isProbe) this.pause(now);
      else if (attempt.principal !== this.principal) this.principal = undefined;
      return;
    }
    if (ending === 'unavailable' && attempt.began < this.failedAt) return;
    if (this.row === 0 || now - this.rowBegan > ROW_MS) this.begin(attempt.principal, now);
    this.row += 1;
    this.failedAt = now;
    if (this.principal !== attempt.principal) this.principal = undefined;
    if (this.row >= this.failures) this.pause(now);
  }

  /** Another's answer does not open for a principal who has a row of their own. */
  private answered({ principal, isProbe }: Attempt): void {
    if (this.pauses > 0 && !isProbe && this.principal !== undefined && this.principal !== principal) return;
    this.row = 0;
    this.pauses = 0;
  }

  private begin(principal: string, now: number): void {
    this.row = 0;
    this.rowBegan = now;
    this.principal = principal;
  }

  private pause(now: number): void {
    this.openUntil = now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.pauses);
    this.pauses += 1;
  }
}
