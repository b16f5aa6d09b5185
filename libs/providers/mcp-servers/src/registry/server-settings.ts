import { invalidRequest, type ProblemError } from '@manifold/rest';
import type { ServerSettings } from '@manifold/server-model';
import {
  accessRules,
  destinationOf,
  type HttpSettings,
  type ServerRecord,
  type StdioSettings,
} from '@manifold/mcp-hosting';
import { networkSettings } from './network-settings.js';
import { secretSettings } from './secret-settings.js';
import { withStoredValues } from './stored-values.js';

/** @throws ProblemError 400 if the transport lacks a required setting, or settings contradict each other */
export function newRecord(
  tenant: string,
  name: string,
  settings: ServerSettings,
  now: Date,
  transport = transportOf(settings),
): ServerRecord {
  const at = now.toISOString();
  return {
    tenant,
    name,
    transport,
    destination: destinationOf(transport),
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
    homepageUrl: settings.homepageUrl,
    createdAt: at,
    updatedAt: at,
  };
}

/**
 * Replaces the given fields. If the transport type changes, the settings of the old transport are dropped.
 * @throws ProblemError 400 if the transport lacks a required setting, settings contradict each other, or confidential settings would go to
 *   another destination
 */
export function changedRecord(record: ServerRecord, settings: ServerSettings, now: Date): ServerRecord {
  const transport = transportOf(settings, record.transport);
  return withTransport(record, transport, destinationAfter(record, transport), settings, now);
}

/** Like `changedRecord`, for another version of the server's package: the server stays the same destination. */
export function upgradedRecord(record: ServerRecord, settings: ServerSettings, now: Date): ServerRecord {
  const destination = record.destination ?? destinationOf(record.transport);
  return withTransport(record, transportOf(settings, record.transport, true), destination, settings, now);
}

function withTransport(
  record: ServerRecord,
  transport: ServerRecord['transport'],
  destination: string,
  settings: ServerSettings,
  now: Date,
): ServerRecord {
  return {
    ...record,
    transport,
    destination,
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
    homepageUrl: settings.homepageUrl ?? record.homepageUrl,
    updatedAt: now.toISOString(),
  };
}

/** Returns the transport settings: what is given, and else what is stored. */
function transportOf(
  settings: ServerSettings,
  before?: ServerRecord['transport'],
  isSameDestination?: boolean,
): ServerRecord['transport'] {
  const type = settings.transportType ?? before?.transportType ?? 'stdio';
  const kept = new Set(
    ['args', 'env', 'headers'].filter((field) => settings[field as keyof ServerSettings] === undefined),
  );
  const stored = { transport: before, kept, isSameDestination };
  return type === 'stdio'
    ? withStoredValues(stdioSettings(settings, before?.transportType === 'stdio' ? before : undefined), stored)
    : withStoredValues(
        httpSettings(settings, before?.transportType === 'streamable_http' ? before : undefined),
        stored,
      );
}

/**
 * Returns exactly the given transport settings, with stored values in place of placeholders.
 * @throws ProblemError 400 as `newRecord` does
 */
export function redefinedTransport(
  settings: ServerSettings,
  before: ServerRecord['transport'],
): ServerRecord['transport'] {
  const stored = { transport: before, kept: new Set<string>() };
  return withStoredValues(
    (settings.transportType ?? 'stdio') === 'stdio' ? stdioSettings(settings) : httpSettings(settings),
    stored,
  );
}

function stdioSettings(settings: ServerSettings, before?: StdioSettings): StdioSettings {
  const command = settings.command ?? before?.command;
  if (command === undefined) throw missing('command', 'stdio');
  return {
    transportType: 'stdio',
    command,
    args: settings.args ?? before?.args ?? [],
    env: settings.env ?? before?.env ?? {},
    cwd: (settings.cwd ?? before?.cwd) || undefined,
    ...networkSettings(settings, before),
  };
}

function httpSettings(settings: ServerSettings, before?: HttpSettings): HttpSettings {
  const url = settings.url ?? before?.url;
  if (url === undefined) throw missing('url', 'streamable_http');
  const reconnectionOptions = settings.reconnectionOptions ?? before?.reconnectionOptions;
  return {
    transportType: 'streamable_http',
    url,
    headers: settings.headers ?? before?.headers ?? {},
    reconnectionOptions: reconnectionOptions && { ...reconnectionOptions },
  };
}

/** Returns the destination of the users' secrets after a change. It stays the same if the origin or program does. */
export const destinationAfter = (before: ServerRecord, transport: ServerRecord['transport']): string =>
  destinationOf(before.transport) === destinationOf(transport)
    ? (before.destination ?? destinationOf(transport))
    : destinationOf(transport);

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

function missing(field: string, transportType: string): ProblemError {
  const detail = `${field} is needed for a server of transportType ${transportType}`;
  return invalidRequest([{ pointer: `/${field}`, code: 'required', detail }]);
}
