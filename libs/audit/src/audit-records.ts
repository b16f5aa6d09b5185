import { setImmediate as nextTurn } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, deflateRaw, inflateRaw } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Store, type Collection } from '@manifold/store';
import { newestFirst, type AuditEntry } from './audit-entry.js';

/** Entries that are stored in one record. */
export interface Batch {
  readonly tenant: string;
  readonly entries: AuditEntry[];
}

type AuditRecord = {
  tenant: string;
  /** Entries in {@link pack}ed form, oldest first: at most {@link MOST_ENTRIES}, from at most {@link SPAN_MS} milliseconds. */
  packed: string;
};

const [deflate, inflate] = [promisify(deflateRaw), promisify(inflateRaw)];

const MOST_ENTRIES = 500;
/**
 * Maximum milliseconds between the oldest and the newest entry of a record. An entry can therefore be in a record whose newest entry is
 * later by this much.
 */
const SPAN_MS = 5_000;
const DAY_MS = 24 * 3600 * 1000;
/** Records per read. Parsing them blocks the event loop. */
const CHUNK = 4;
/** Time in milliseconds that is later than any stored time. Record ids contain the difference to it, which decreases as time passes. */
const END_OF_TIME = 900_000_000_000_000;
const PROCESS = randomBytes(4).toString('hex');

/**
 * Stores the audit log: append-only, with several entries of one tenant per record.
 *
 * The id of a record begins with the time from its newest entry to END_OF_TIME. Every store returns records in ascending order of id, so
 * the newest come first.
 */
@Injectable()
export class AuditRecords {
  private readonly records: Collection<AuditRecord>;
  private written = 0;

  constructor(
    store: Store,
    private readonly config: Config,
  ) {
    this.records = store.collection<AuditRecord>({ name: 'audit_log', indexes: [{ fields: ['tenant'] }] });
  }

  /** @param entries entries of one tenant, as {@link batches} returns them */
  async append(tenant: string, entries: AuditEntry[]): Promise<void> {
    const newest = entries.at(-1)!.time;
    this.written += 1;
    const id = `${idBefore(newest)}-${String(this.written).padStart(10, '0')}-${PROCESS}`;
    const expiresAt = newest + this.config.auditRetentionDays * DAY_MS;
    await this.records.insert({ tenant, packed: await pack(entries) }, { id, expiresAt });
  }

  /**
   * Yields the entries of a tenant, newest first, even if several replicas wrote at the same time.
   * @param from epoch milliseconds; older entries are left out
   * @param to epoch milliseconds; newer entries are left out
   */
  async *read(tenant: string, from: number, to: number): AsyncGenerator<AuditEntry> {
    let waiting: AuditEntry[] = [];
    for await (const { packed } of this.recordsFrom(tenant, to + SPAN_MS)) {
      const entries = await unpack(packed);
      const newest = entries.at(-1)!.time;
      // Entries in later records are not newer than the newest entry of this one.
      const ready = waiting.findIndex(({ time }) => time <= newest);
      yield* ready === -1 ? waiting : waiting.slice(0, ready);
      if (newest < from) return;
      waiting = ready === -1 ? [] : waiting.slice(ready);
      for (const entry of entries) if (entry.time >= from && entry.time <= to) waiting.push(entry);
      waiting.sort(newestFirst);
    }
    yield* waiting;
  }

  private async *recordsFrom(tenant: string, time: number): AsyncGenerator<AuditRecord> {
    for (let after = idBefore(time), isLast = false; !isLast;) {
      const found = await this.records.find({ tenant }, { limit: CHUNK, after });
      isLast = found.length < CHUNK;
      after = found.at(-1)?.id ?? after;
      for (const { value } of found) yield value;
      await nextTurn();
    }
  }
}

const idBefore = (time: number): string =>
  String(Math.min(END_OF_TIME, Math.max(0, END_OF_TIME - Math.trunc(time)))).padStart(15, '0');

/** Compresses entries. They are similar, so they need a tenth of the space, and the database needs a fraction of the time to write them. */
async function pack(entries: readonly AuditEntry[]): Promise<string> {
  const deflated = await deflate(JSON.stringify(entries), { level: constants.Z_BEST_SPEED });
  return deflated.toString('base64');
}

async function unpack(packed: string): Promise<AuditEntry[]> {
  const text = await inflate(Buffer.from(packed, 'base64'));
  return JSON.parse(text.toString()) as AuditEntry[];
}

/**
 * Splits entries into batches that fit one record each: one tenant, limited in number and in time.
 * @param entries in ascending order of id. Their times may go back, because the clock may
 */
export function batches(entries: readonly AuditEntry[]): Batch[] {
  const open = new Map<string, AuditEntry[]>();
  const made: Batch[] = [];
  for (const entry of [...entries].sort((a, b) => a.time - b.time)) {
    const batch = open.get(entry.tenant);
    if (batch && batch.length < MOST_ENTRIES && entry.time - batch[0]!.time < SPAN_MS) {
      batch.push(entry);
      continue;
    }
    const next = [entry];
    open.set(entry.tenant, next);
    made.push({ tenant: entry.tenant, entries: next });
  }
  return made;
}
