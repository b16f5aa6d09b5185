import { Injectable } from '@nestjs/common';
import { newestFirst, type AuditEntry, type AuditPosition } from './audit-entry.js';
import { AuditLog } from './audit-log.js';
import { AuditRecords } from './audit-records.js';

/** Filter for entries. An entry must match all given fields. */
export interface AuditFilter {
  /** Epoch milliseconds, inclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Subject or key of a principal. */
  readonly principal?: string;
  readonly action?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly outcome?: string;
  readonly requestId?: string;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** Start of the next page; undefined if there are no older entries. */
  readonly next?: AuditPosition;
}

/** Maximum number of entries that one page examines. Without it, a filter that matches nothing would read the whole log in one request. */
const MOST_EXAMINED = 20_000;

const EQUAL = ['action', 'server', 'tool', 'outcome', 'requestId'] as const;

/** Reads the audit log of one tenant, newest first. */
@Injectable()
export class AuditSearch {
  constructor(
    private readonly log: AuditLog,
    private readonly records: AuditRecords,
  ) {}

  /** @param after `next` of the previous page. A page may be short or empty and still have a next page */
  async page(tenant: string, filter: AuditFilter, limit: number, after?: AuditPosition): Promise<AuditPage> {
    const entries: AuditEntry[] = [];
    let examined = 0;
    for await (const entry of this.read(tenant, filter, after)) {
      if (fits(entry, filter)) entries.push(entry);
      examined += 1;
      if (entries.length === limit || examined === MOST_EXAMINED) {
        return { entries, next: { time: entry.time, id: entry.id } };
      }
    }
    return { entries };
  }

  /** Yields all matching entries while it reads them. */
  async *all(tenant: string, filter: AuditFilter): AsyncGenerator<AuditEntry> {
    for await (const entry of this.read(tenant, filter)) if (fits(entry, filter)) yield entry;
  }

  private async *read(
    tenant: string,
    { from = 0, to = Infinity }: AuditFilter,
    after?: AuditPosition,
  ): AsyncGenerator<AuditEntry> {
    await this.log.flush();
    const latest = after ? Math.min(to, after.time) : to;
    for await (const entry of this.records.read(tenant, from, latest)) {
      if (!after || newestFirst(after, entry) < 0) yield entry;
    }
  }
}

function fits(entry: AuditEntry, filter: AuditFilter): boolean {
  for (const field of EQUAL) if (filter[field] !== undefined && entry[field] !== filter[field]) return false;
  return filter.principal === undefined || isOf(entry, filter.principal);
}

function isOf({ principal }: AuditEntry, wanted: string): boolean {
  if (principal === undefined) return false;
  return principal === wanted || (JSON.parse(principal) as string[])[2] === wanted;
}
