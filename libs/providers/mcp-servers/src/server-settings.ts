import { invalidRequest, type Problem } from '@manifold/rest';
import type { ServerSettings } from '@manifold/server-hosting';
import { accessRules } from './access/access-settings.js';
import { restoreHeaders } from './hidden-headers.js';
import { secretSettings } from './secret-settings.js';
import type { HttpSettings, ServerRecord, StdioSettings } from './server-record.js';

/** @throws Problem 400 when the transport lacks what it needs, or settings do not go together */
export function newRecord(tenant: string, name: string, settings: ServerSettings, now: Date): ServerRecord {
  const at = now.toISOString();
  const transport = transportOf(settings);
  return {
    tenant,
    name,
    transport,
    ...secretSettings(settings, transport.transportType),
    startupTimeout: settings.startupTimeout,
    callTimeout: settings.callTimeout,
    limits: settings.limits && { ...settings.limits },
    lanes: settings.lanes,
    replicas: replicasOf(settings, transport.transportType),
    enabled: settings.enabled ?? true,
    access: settings.access && accessRules(settings.access),
    displayName: settings.displayName,
    description: settings.description,
    createdAt: at,
    updatedAt: at,
  };
}

/**
 * Replaces the given fields. Another transport type drops what belonged to the old one.
 * @throws Problem 400 when the transport lacks what it needs, or settings do not go together
 */
export function changedRecord(record: ServerRecord, settings: ServerSettings, now: Date): ServerRecord {
  const transport = transportOf(settings, record.transport);
  return {
    ...record,
    transport,
    ...secretSettings(settings, transport.transportType, record),
    startupTimeout: settings.startupTimeout ?? record.startupTimeout,
    callTimeout: settings.callTimeout ?? record.callTimeout,
    limits: settings.limits ? { ...record.limits, ...settings.limits } : record.limits,
    lanes: settings.lanes ?? record.lanes,
    replicas: replicasOf(settings, transport.transportType, record),
    enabled: settings.enabled ?? record.enabled,
    access: settings.access ? accessRules(settings.access) : record.access,
    displayName: settings.displayName ?? record.displayName,
    description: settings.description ?? record.description,
    updatedAt: now.toISOString(),
  };
}

function transportOf(settings: ServerSettings, before?: ServerRecord['transport']): ServerRecord['transport'] {
  const type = settings.transportType ?? before?.transportType ?? 'stdio';
  return type === 'stdio'
    ? stdioSettings(settings, before?.transportType === 'stdio' ? before : undefined)
    : httpSettings(settings, before?.transportType === 'streamable_http' ? before : undefined);
}

function stdioSettings(settings: ServerSettings, before?: StdioSettings): StdioSettings {
  const command = settings.command ?? before?.command;
  if (command === undefined) throw missing('command', 'stdio');
  return {
    transportType: 'stdio',
    command,
    args: settings.args ?? before?.args ?? [],
    env: settings.env ?? before?.env ?? {},
  };
}

function httpSettings(settings: ServerSettings, before?: HttpSettings): HttpSettings {
  const url = settings.url ?? before?.url;
  if (url === undefined) throw missing('url', 'streamable_http');
  const stored = before?.headers ?? {};
  const reconnectionOptions = settings.reconnectionOptions ?? before?.reconnectionOptions;
  return {
    transportType: 'streamable_http',
    url,
    headers: settings.headers ? restoreHeaders(settings.headers, stored) : stored,
    reconnectionOptions: reconnectionOptions && { ...reconnectionOptions },
  };
}

function replicasOf(
  { replicas }: ServerSettings,
  transportType: ServerRecord['transport']['transportType'],
  before?: ServerRecord,
): ServerRecord['replicas'] {
  if (transportType === 'stdio') return replicas ?? before?.replicas;
  if (replicas !== 'one') return undefined;
  const detail = 'replicas "one" needs a server of transportType stdio';
  throw invalidRequest([{ pointer: '/replicas', code: 'does_not_fit', detail }]);
}

function missing(field: string, transportType: string): Problem {
  const detail = `${field} is needed for a server of transportType ${transportType}`;
  return invalidRequest([{ pointer: `/${field}`, code: 'required', detail }]);
}
