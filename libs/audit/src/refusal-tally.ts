import { tupleKey } from '@manifold/async';
import type { AuditEvent } from './audit-entry.js';

type Refusal = Omit<AuditEvent, 'time' | 'count'>;

/** Maximum number of different kinds of refusals in one window. Further kinds are counted together. */
const MOST_KINDS = 500;
const OTHERS = 'others';

/** Counts similar refusals in one entry, so that a flood of them does not fill the database. */
export class RefusalTally {
  private readonly kinds = new Map<string, AuditEvent & { count: number }>();

  /** @returns whether this is the first refusal since the last `take` */
  add(refusal: Refusal, time: number): boolean {
    const isFirst = this.kinds.size === 0;
    const kind = tupleKey(refusal.principal, refusal.action, refusal.code, refusal.source, refusal.resource);
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
