/** What another replica has said of its calls. */
interface Report {
  readonly calls: Readonly<Record<string, number>>;
  /** Monotonic milliseconds, as everywhere here. */
  readonly at: number;
}

/** Milliseconds after which a replica that says nothing has no calls any more. */
export const SILENCE_MS = 3_000;
/** Keys with less than this part of the limit are not worth a word to the others. */
const WORTH_TELLING = 1 / 10;

/**
 * So many at a time, by key. A decision is a look at memory. Replicas tell each other what they have under way: together they can go
 * above the limit by what they begin between two reports, and by a tenth of it for each replica.
 */
export class RunningCalls {
  private readonly own = new Map<string, number>();
  private readonly reports = new Map<string, Report>();

  /** @param limit 0: none */
  constructor(readonly limit: number) {}

  /** @returns whether it may begin; then `end` must be called */
  begin(key: string, now: number): boolean {
    if (this.limit === 0) return true;
    const own = this.own.get(key) ?? 0;
    if (own + this.elsewhere(key, now) >= this.limit) return false;
    this.own.set(key, own + 1);
    return true;
  }

  end(key: string): void {
    const left = (this.own.get(key) ?? 0) - 1;
    if (left > 0) this.own.set(key, left);
    else this.own.delete(key);
  }

  /** For the other replicas. */
  report(): Record<string, number> {
    const least = this.limit * WORTH_TELLING;
    return Object.fromEntries([...this.own].filter(([, count]) => count >= least));
  }

  heard(replica: string, calls: Readonly<Record<string, number>>, now: number): void {
    for (const [silent, { at }] of this.reports) {
      if (now - at > SILENCE_MS) this.reports.delete(silent);
    }
    if (Object.keys(calls).length > 0) this.reports.set(replica, { calls, at: now });
    else this.reports.delete(replica);
  }

  private elsewhere(key: string, now: number): number {
    let sum = 0;
    for (const { calls, at } of this.reports.values()) {
      if (now - at <= SILENCE_MS && Object.hasOwn(calls, key)) sum += calls[key]!;
    }
    return sum;
  }
}
