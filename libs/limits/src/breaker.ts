/** The outcome of a call to an upstream, as far as it shows whether the upstream works. */
export type CallOutcome = 'answered' | 'unavailable' | 'timeout' | 'unknown';

/** The data of a running call that the breaker needs when the call ends. */
export interface Attempt {
  readonly principal: string;
  readonly began: number;
  readonly isProbe: boolean;
}

/** Milliseconds within which failures count as consecutive. */
const ROW_MS = 60_000;
/** The first pause in milliseconds. Each further pause is twice as long. */
const FIRST_PAUSE_MS = 1_000;
/** The longest pause in milliseconds. It is short, so that all users can soon use a recovered upstream again. */
const LONGEST_PAUSE_MS = 5_000;

/**
 * Stops calls to an upstream after so many consecutive failures. Calls then fail at once, until one probe call is answered.
 *
 * - A failure counts if it shows that the upstream is unavailable: no connection, or no answer in time. An error answer shows that it is
 *   available.
 * - Connections that break together count once: after a failure, only calls that began later count.
 * - If all failures belong to one principal, only that principal's calls are stopped. A user cannot block an upstream for others.
 */
export class Breaker {
  private row = 0;
  private rowBegan = 0;
  private failedAt = -Infinity;
  /** The principal of all consecutive failures; undefined if there are several. */
  private principal?: string;
  private pauses = 0;
  private openUntil = 0;
  private probing = false;

  constructor(private readonly failures: number) {}

  get isOpen(): boolean {
    return this.pauses > 0;
  }

  /** Whether there are no failures to remember. */
  get isIdle(): boolean {
    return this.row === 0;
  }

  /**
   * @param now monotonic milliseconds, like all times in this file
   * @returns the milliseconds to wait if the call must not be made; otherwise the caller must call `ended`
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

  ended(attempt: Attempt, outcome: CallOutcome, now: number): void {
    if (attempt.isProbe) this.probing = false;
    if (outcome === 'answered') return this.answered(attempt);
    if (outcome === 'unknown') return;
    if (this.pauses > 0) {
      if (attempt.isProbe) this.pause(now);
      else if (attempt.principal !== this.principal) this.principal = undefined;
      return;
    }
    if (outcome === 'unavailable' && attempt.began < this.failedAt) return;
    if (this.row === 0 || now - this.rowBegan > ROW_MS) this.begin(attempt.principal, now);
    this.row += 1;
    this.failedAt = now;
    if (this.principal !== attempt.principal) this.principal = undefined;
    if (this.row >= this.failures) this.pause(now);
  }

  /** Handles an answer. If only one principal is stopped, the answer to another principal's call does not end the pause. */
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
