import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '@manifold/config';
import { processCounter, showQueue } from '@manifold/metrics';
import { restAfterWrite } from '@manifold/turns';
import type { AuditEntry, AuditEvent } from './audit-entry.js';
import { AuditRecords, batches, type Batch } from './audit-records.js';

/** Milliseconds for which entries are gathered before they are written. */
const GATHER_MS = 500;
const MOST_WAITING = 20_000;
/** All numbers of a process have as many digits: their order as text is their order. */
const FIRST = 1_000_000_000_000;

const entriesTotal = processCounter('manifold_audit_entries_total', 'Entries of the audit log').of();
const dropped = processCounter(
  'manifold_audit_dropped_total',
  'Entries of the audit log that were lost: too many waited while the database could not be written',
).of();

/**
 * What was done, by whom, with what outcome.
 *
 * It is written behind, many entries at a time: no call waits for it. What has not been written when the process dies is missing.
 * While the database is away, a bounded number waits; what comes on top is counted and lost.
 */
@Injectable()
export class AuditLog implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(AuditLog.name);
  private readonly replica = hostname();
  private readonly prefix = `${this.replica}-${process.pid}-${randomBytes(3).toString('hex')}-`;
  private gathered: AuditEntry[] = [];
  private due: Batch[] = [];
  /** Entries that are not in the store yet. */
  private waiting = 0;
  private count = FIRST;
  private running?: Promise<void>;
  private writing?: Promise<boolean>;
  private closing = false;

  constructor(
    private readonly records: AuditRecords,
    private readonly config: Config,
  ) {
    showQueue('audit', () => this.waiting);
  }

  get isOn(): boolean {
    return this.config.auditRetentionDays > 0;
  }

  /** Takes the event over. Costs no I/O. Without effect where the log is off. */
  append(event: AuditEvent): void {
    if (!this.isOn) return;
    if (this.waiting >= MOST_WAITING) return dropped.add();
    entriesTotal.add();
    this.waiting += 1;
    this.count += 1;
    // Written into the object itself: a copy of so many members costs more than all the rest.
    const entry = event as AuditEntry;
    entry.id = `${this.prefix}${this.count}`;
    entry.replica = this.replica;
    this.gathered.push(entry);
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** Writes what waits. Never rejects: what could not be written waits on. */
  async flush(): Promise<void> {
    this.partGathered();
    while (this.due.length > 0 || this.writing) if (!(await this.writeNext())) return;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    await this.flush();
  }

  /** What was done while the others stopped. */
  async onApplicationShutdown(): Promise<void> {
    await this.flush();
    if (this.waiting > 0) this.logger.error({ msg: 'the audit log lost entries', entries: this.waiting });
  }

  private async run(): Promise<void> {
    while (this.waiting > 0 && !this.closing) {
      await pause(GATHER_MS, undefined, { ref: false });
      this.partGathered();
      while (this.due.length > 0 && !this.closing) {
        const started = performance.now();
        await restAfterWrite(started, await this.writeNext());
      }
    }
  }

  /** What is gathered after this waits for the next time, however long writing takes: a record costs much more than an entry in it. */
  private partGathered(): void {
    this.due.push(...batches(this.gathered.splice(0)));
  }

  /** One record at a time, whoever asks for it. @returns whether the database took it */
  private writeNext(): Promise<boolean> {
    this.writing ??= this.write(this.due.shift()!).finally(() => (this.writing = undefined));
    return this.writing;
  }

  private async write(batch: Batch): Promise<boolean> {
    const { tenant, entries } = batch;
    try {
      await this.records.append(tenant, entries);
      this.waiting -= entries.length;
      return true;
    } catch (err) {
      this.due.unshift(batch);
      this.logger.warn({ msg: 'the audit log cannot be written', entries: entries.length, err });
      return false;
    }
  }
}
