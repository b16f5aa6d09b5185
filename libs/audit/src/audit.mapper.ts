import { principalView } from '@manifold/auth';
import type { AuditEntryDto, AuditFilterDto } from './audit.dto.js';
import type { AuditEntry } from './audit-entry.js';
import type { AuditFilter } from './audit-search.service.js';

export function entryView({ time, principal, actor, ...entry }: AuditEntry): AuditEntryDto {
  return {
    ...entry,
    time: new Date(time).toISOString(),
    ...(principal !== undefined && { principal: principalView(principal) }),
    ...(actor !== undefined && { actor: principalView(actor) }),
  };
}

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
