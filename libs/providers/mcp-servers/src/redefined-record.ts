import type { ServerSettings } from '@manifold/server-hosting';
import { restoreHeaders } from './hidden-headers.js';
import type { ServerRecord } from './server-record.js';
import { newRecord } from './server-settings.js';

/**
 * The record of a server that has these settings and no others. Hidden headers stay as they are stored.
 * @throws Problem 400 when the settings do not fit
 */
export function redefinedRecord(record: ServerRecord, settings: ServerSettings, now: Date): ServerRecord {
  const { tenant, name, transport, createdAt } = record;
  const stored = transport.transportType === 'streamable_http' ? transport.headers : {};
  const headers = settings.headers && restoreHeaders(settings.headers, stored);
  return { ...newRecord(tenant, name, { ...settings, headers }, now), createdAt };
}
