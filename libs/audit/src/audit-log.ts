import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '@manifold/config';
import { processCounter, showQueue } from '@manifold/metrics';
import { paceWrites, shortName } from '@manifold/async';
import type { AuditEntry, AuditEvent } from './audit-entry.js';
import { AuditRecords, batches, type Batch } from './audit-records.js';

/** Milliseconds for which entries are collected before they are written. */
const GATHER_MS = 500;
const MOST_WAITING = 20_000;
/** Maximum size of all waiting entries, see {@link sizeOf}. */
const MOST_WAITING_SIZE = 16 * 1024 * 1024;
/** The members of an entry that can be long, because callers choose them. */
const LONG_MEMBERS = ['resource', 'tool', 'server', 'principal', 'actor', 'requestId', 'source', 'reason'] as const;
/** The longest of these members in characters. Longer ones are cut; it is more than any valid principal has. */
const LONGEST_MEMBER = 4_096;
/** The size that the other members of an entry have at most. */
const REST_OF_ENTRY = 512;
/** Start of the entry numbers. All numbers of a process have the same number of digits, so their text order is their numeric order. */
const FIRST = 1_000_000_000_000;

const entriesTotal = processCounter('manifold_audit_entries_total', 'Entries of the audit log').of();
const dropped = processCounter(
  'manifold_audit_dropped_total',
  'Entries of the audit log that were lost: too many waited while the database could not be written',
).of();

/**
 * Collects audit entries and writes them to the store.
 *
 * Entries are written asynchronously, many at a time, so no call waits for a write. If the process dies, unwritten entries are lost. While
 * the database is unavailable, entries wait up to a limited number and size. Further entries are counted and dropped.
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
  private waitingSize = 0;
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

  /** Queues the event. It takes ownership of the object and needs no I/O. Has no effect if the log is off. */
  append(event: AuditEvent): void {
    if (!this.isOn) return;
    cutLongMembers(event);
    const size = sizeOf(event);
    if (this.waiting >= MOST_WAITING || this.waitingSize + size > MOST_WAITING_SIZE) return dropped.add();
    entriesTotal.add();
    this.waiting += 1;
    this.waitingSize += size;
    this.count += 1;
    // The fields are added to the event itself, because copying so many members would cost more than everything else here.
    const entry = event as AuditEntry;
    entry.id = `${this.prefix}${this.count}`;
    entry.replica = this.replica;
    this.gathered.push(entry);
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /**
   * Writes the waiting entries. It never rejects: entries that could not be written keep waiting.
   * @returns whether all were written
   */
  async flush(): Promise<boolean> {
    this.partGathered();
    while (this.due.length > 0 || this.writing) if (!(await this.writeNext())) return false;
    return true;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    await this.flush();
  }

  /** Writes entries for actions that happened while other modules stopped. */
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
        await paceWrites(started, await this.writeNext());
      }
    }
  }

  /**
   * Turns the collected entries into batches. Entries that arrive later wait for the next round, however long writing takes, because a
   * record costs much more than an entry in it.
   */
  private partGathered(): void {
    this.due.push(...batches(this.gathered.splice(0)));
  }

  /**
   * Writes the next record. Concurrent callers share one write.
   * @returns whether the database accepted it
   */
  private writeNext(): Promise<boolean> {
    this.writing ??= this.write(this.due.shift()!).finally(() => (this.writing = undefined));
    return this.writing;
  }

  private async write(batch: Batch): Promise<boolean> {
    const { tenant, entries } = batch;
    try {
      await this.records.append(tenant, entries);
      this.waiting -= entries.length;
      this.waitingSize -= entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      return true;
    } catch (err) {
      this.due.unshift(batch);
      this.logger.warn({ msg: 'the audit log cannot be written', entries: entries.length, err });
      return false;
    }
  }
}

function cutLongMembers(event: AuditEvent): void {
  for (const name of LONG_MEMBERS) {
    const text = event[name];
    if (text !== undefined && text.length > LONGEST_MEMBER) event[name] = shortName(text);
  }
}

/** Returns how much memory an entry takes at most, in characters. */
function sizeOf(event: AuditEvent): number {
  let size = REST_OF_ENTRY;
  for (const name of LONG_MEMBERS) size += event[name]?.length ?? 0;
  return size;
}
