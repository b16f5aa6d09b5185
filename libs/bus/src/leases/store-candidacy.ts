import { randomUUID } from 'node:crypto';
import type { Collection, Stored } from '@manifold/store';
import type { LeaseRecord } from './heartbeat.js';
import { StoreKeptLease } from './kept-lease.js';
import type { Candidacy, KeptLease } from './leases.js';

/** Takes the lease by writing its record. @returns undefined when another process was faster */
export type Take = (
  known: Stored<LeaseRecord> | undefined,
  value: LeaseRecord,
) => Promise<Stored<LeaseRecord> | undefined>;

/** Remembers between attempts how long the record of the holder has not changed. */
export class StoreCandidacy implements Candidacy {
  private seen?: { readonly state: string; readonly since: number };

  constructor(
    private readonly records: Collection<LeaseRecord>,
    private readonly id: string,
    private readonly label: string,
    private readonly keptMs: number,
    private readonly take: Take,
  ) {}

  async look(): Promise<string | undefined> {
    const known = await this.records.get(this.id);
    return this.isFree(known) ? undefined : (known?.value.label ?? '');
  }

  async attempt(): Promise<KeptLease | string> {
    const known = await this.records.get(this.id);
    if (!this.isFree(known)) return known?.value.label ?? '';
    const takenAt = performance.now();
    const taken = await this.take(known, { holder: randomUUID(), label: this.label });
    if (!taken) return this.attempt();
    return new StoreKeptLease(this.records, taken, this.keptMs, takenAt);
  }

  private isFree(known: Stored<LeaseRecord> | undefined): boolean {
    const now = performance.now();
    const state = known ? `${known.value.holder} ${known.revision}` : '';
    if (state !== this.seen?.state) this.seen = { state, since: now };
    return !known || known.value.holder === '' || now - this.seen.since >= this.keptMs;
  }
}
