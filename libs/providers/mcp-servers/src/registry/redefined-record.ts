import type { ServerSettings } from '@manifold/server-model';
import type { ServerRecord } from '@manifold/mcp-hosting';
import { destinationAfter, newRecord, redefinedTransport } from './server-settings.js';

/**
 * Returns a record with exactly these settings: absent settings get their default. Placeholders stand for the stored values.
 * @throws ProblemError 400 for invalid settings
 */
export function redefinedRecord(record: ServerRecord, settings: ServerSettings, now: Date): ServerRecord {
  const { tenant, name, createdAt } = record;
  const transport = redefinedTransport(settings, record.transport);
  const redefined = newRecord(tenant, name, settings, now, transport);
  return { ...redefined, destination: destinationAfter(record, transport), createdAt };
}
