import type { AuditEntryDto, AuditFilterDto } from './audit.dto.js';
import type { AuditEntry } from './audit-entry.js';
import type { AuditFilter } from './audit-search.service.js';

export const entryView = (entry: AuditEntry): AuditEntryDto => ({ ...entry, time: new Date(entry.time).toISOString() });

export function filterOf({
  from,
  to,
  principal,
  action,
  server,
  tool,
  outcome,
  requestId,
}: AuditFilterDto): AuditFilter {
  return { from: millisecondsOf(from), to: millisecondsOf(to), principal, action, server, tool, outcome, requestId };
}

const millisecondsOf = (time: string | undefined): number | undefined =>
  time === undefined ? undefined : Date.parse(time);
