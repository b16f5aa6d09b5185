import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Store, StoreConflictError, type Collection, type Stored } from '@manifold/store';
import { Heartbeat, KEPT_MS, type LeaseRecord } from './heartbeat.js';
import { LeaseSettings } from './lease-settings.js';
import { Leases, LeaseTakenError, type Candidacy } from './leases.js';
import { StoreCandidacy } from './store-candidacy.js';

const POLL_MS = { run: 50, attempt: 200 } as const;
const BEATS_PER_LEASE = 3;

type Patience = keyof typeof POLL_MS;

/**
 * Leases in the store. Clocks of different processes are not compared. A holder renews its record regularly, which changes the record's
 * revision. A waiting process takes the lease when its own monotonic clock shows that the revision has not changed for the lease time.
 */
@Injectable()
export class StoreLeases extends Leases {
  private readonly logger = new Logger(StoreLeases.name);
  private readonly records: Collection<LeaseRecord>;

  constructor(
    store: Store,
    private readonly settings: LeaseSettings,
  ) {
    super();
    this.records = store.collection<LeaseRecord>({ name: 'leases' });
  }

  run<T>(name: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.hold('run', name, task, signal);
  }

  attempt<T>(name: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.hold('attempt', name, task, signal);
  }

  candidacy(name: string, label: string): Candidacy {
    const id = idOf(name);
    return new StoreCandidacy(this.records, id, label, this.settings.keptMs, (known, value) =>
      this.take(id, known, value),
    );
  }

  private async hold<T>(how: Patience, name: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const lease = new Heartbeat(this.records, await this.acquire(how, name, signal), (err) =>
      this.logger.warn({ msg: 'a lease could not be renewed', err }),
    );
    const timer = setInterval(() => lease.beat(), this.settings.leaseMs / BEATS_PER_LEASE).unref();
    try {
      return await task();
    } finally {
      clearInterval(timer);
      await lease.release();
    }
  }

  private async acquire(how: Patience, name: string, signal?: AbortSignal): Promise<Stored<LeaseRecord>> {
    const id = idOf(name);
    let seen: { readonly state: string; readonly since: number } | undefined;
    for (;;) {
      signal?.throwIfAborted();
      const known = await this.records.get(id);
      const now = performance.now();
      const isHeld = known !== undefined && known.value.holder !== '';
      const state = known ? `${known.value.holder} ${known.revision}` : '';
      if (isHeld && seen && state !== seen.state && how === 'attempt') throw new LeaseTakenError(name);
      if (state !== seen?.state) seen = { state, since: now };
      const isFree = !isHeld || now - seen.since >= this.settings.leaseMs;
      const taken = isFree ? await this.take(id, known, { holder: randomUUID() }) : undefined;
      if (taken) return taken;
      await sleep(POLL_MS[how] * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns undefined when another process was faster */
  private async take(
    id: string,
    known: Stored<LeaseRecord> | undefined,
    value: LeaseRecord,
  ): Promise<Stored<LeaseRecord> | undefined> {
    const expiresAt = Date.now() + KEPT_MS;
    try {
      if (!known) return await this.records.insert(value, { id, expiresAt });
      return await this.records.update(id, known.revision, value, { expiresAt });
    } catch (error) {
      if (error instanceof StoreConflictError) return undefined;
      throw error;
    }
  }
}

const idOf = (name: string): string => createHash('sha256').update(name).digest('base64url');
