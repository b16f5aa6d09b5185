/** What another replica has said of its calls. */
interface Report {
  readonly calls: Readonly<Record<string, number>>;
  /** Monotonic milliseconds, as everywhere here. */
  readonly at: number;
}

/** What is under way here. */
interface OwnCalls {
  readonly count: number;
  /** Of this key, when the last one began. */
  readonly limit: number;
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
  private readonly own = new Map<string, OwnCalls>();
  private readonly reports = new Map<string, Report>();

  /** @param limit 0: none */
  constructor(readonly limit: number) {}

  /**
   * @param limit of this key, where it is another one
   * @returns whether it may begin; then `end` must be called
   */
  begin(key: string, now: number, limit = this.limit): boolean {
    if (limit === 0) return true;
    const count = this.own.get(key)?.count ?? 0;
    if (count + this.elsewhere(key, now) >= limit) return false;
    this.own.set(key, { count: count + 1, limit });
    return true;
  }

  end(key: string): void {
    const { count, limit } = this.own.get(key) ?? { count: 0, limit: 0 };
    if (count > 1) this.own.set(key, { count: count - 1, limit });
    else this.own.delete(key);
  }

  /** For the other replicas. */
  report(): Record<string, number> {
    const worthTelling = [...this.own].filter(([, { count, limit }]) => count >= limit * WORTH_TELLING);
    return Object.fromEntries(worthTelling.map(([key, { count }]) => [key, count]));
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
