import { hideHeaders } from './hidden-headers.js';
import { servesUsersApart } from './server-record.js';
import type { KnownTools } from './server-tools.js';
import type { ServerDto } from './servers.dto.js';
import type { ServerRun } from './server-run.js';

/** What every user of the tenant may know of a server. */
export function serverView({ record, status }: ServerRun, tools: KnownTools | undefined): ServerDto {
  return {
    name: record.name,
    transportType: record.transport.transportType,
    displayName: record.displayName,
    description: record.description,
    status,
    enabled: record.enabled,
    toolsList: [...(tools?.definitions ?? [])],
  };
}

/** What its operators see on top of that. */
export function operatorView(
  server: ServerRun,
  tools: KnownTools | undefined,
  sessionId: string | undefined,
): ServerDto {
  const { record } = server;
  return {
    ...serverView(server, tools),
    ...settingsView(server, sessionId),
    lanes: record.lanes ?? true,
    replicas: record.transport.transportType === 'stdio' ? (record.replicas ?? 'each') : undefined,
    ...runView(server),
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
  };
}

/** What each replica knows of its own. */
export type RunView = Pick<ServerDto, 'lastError' | 'instances' | 'logs'>;

export function runView({ record, lastError, log, instances }: ServerRun): RunView {
  return {
    lastError,
    instances: servesUsersApart(record)
      ? instances.map(({ principal, status, since }) => ({ user: principal.subject, status, since }))
      : undefined,
    logs: log.lines().map(({ time, level, message }) => `${time} ${level} ${message}`),
  };
}

/** Of several replicas: what is wrong anywhere, the lines of all in the order of their times. */
export function mergedRunView(here: RunView, elsewhere: readonly RunView[]): RunView {
  const all = [here, ...elsewhere];
  const lines = all.flatMap(({ logs = [] }) => logs).map((line) => ({ line, time: line.slice(0, line.indexOf(' ')) }));
  return {
    lastError: all.find(({ lastError }) => lastError !== undefined)?.lastError,
    instances: here.instances && all.flatMap(({ instances = [] }) => instances),
    logs: lines.sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time))).map(({ line }) => line),
  };
}

function settingsView({ record }: ServerRun, sessionId: string | undefined): Partial<ServerDto> {
  const { transport, isolation = 'shared', secretsAs = 'arguments' } = record;
  const { secretNames, secretHeaders, startupTimeout, callTimeout, limits } = record;
  const hosting = { isolation, secretsAs, secretNames, secretHeaders, startupTimeout, callTimeout, limits };
  if (transport.transportType === 'stdio') return { ...transport, ...hosting };
  return { ...transport, ...hosting, headers: hideHeaders(transport.headers), sessionId };
}
