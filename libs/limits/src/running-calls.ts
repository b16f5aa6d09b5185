/** The last report of another replica about its running calls. */
interface Report {
  readonly calls: Readonly<Record<string, number>>;
  /** Monotonic milliseconds, like all times in this file. */
  readonly at: number;
}

/** The running calls of one key on this replica. */
interface OwnCalls {
  readonly count: number;
  /** The limit of this key when its last call began. */
  readonly limit: number;
}

/** Milliseconds without a report after which a replica counts as having no running calls. */
export const SILENCE_MS = 3_000;
/** The share of the limit below which a replica does not report the calls of a key. */
const WORTH_TELLING = 1 / 10;

/**
 * Limits the concurrent calls of each key. It decides from memory. Replicas report their running calls to each other. Together they can
 * exceed the limit by the calls that begin between two reports, and by a tenth of the limit for each replica.
 */
export class RunningCalls {
  private readonly own = new Map<string, OwnCalls>();
  private readonly reports = new Map<string, Report>();

  /** @param limit calls of one key at a time; 0: no limit */
  constructor(readonly limit: number) {}

  /**
   * Begins a call, if the limit allows it.
   * @param limit the limit of this key, if it has one of its own
   * @returns whether the call may begin; if so, the caller must call `end`
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

  /** Returns the calls to report to the other replicas. */
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
