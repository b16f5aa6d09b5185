import type { AuditEvent } from './audit-entry.js';

type Refusal = Omit<AuditEvent, 'time' | 'count'>;

/** Kinds of refusals that are told apart at a time. */
const MOST_KINDS = 500;
const OTHERS = 'others';

/** Refusals that are alike become one entry with their number: a flood of them does not fill the database. */
export class RefusalTally {
  private readonly kinds = new Map<string, AuditEvent & { count: number }>();

  /** @returns whether it is the first since the last `take` */
  add(refusal: Refusal, time: number): boolean {
    const isFirst = this.kinds.size === 0;
    const kind = JSON.stringify([refusal.principal, refusal.action, refusal.code, refusal.source, refusal.resource]);
    const known = this.kinds.get(kind) ?? (this.kinds.size < MOST_KINDS ? undefined : this.kinds.get(OTHERS));
    if (known) {
      known.count += 1;
      known.time = time;
    } else if (this.kinds.size < MOST_KINDS) {
      this.kinds.set(kind, { ...refusal, time, count: 1 });
    } else {
      const { tenant, action, decision, outcome } = refusal;
      this.kinds.set(OTHERS, { tenant, action, decision, outcome, code: OTHERS, time, count: 1 });
    }
    return isFirst;
  }

  take(): AuditEvent[] {
    const taken = [...this.kinds.values()];
    this.kinds.clear();
    return taken;
  }
}
