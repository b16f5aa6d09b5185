import { hiddenTransport, servesUsersApart, type KnownTools, type ServerRun } from '@manifold/mcp-hosting';
import type { ServerDto } from './servers.dto.js';

/** Returns the view of a server for users of the tenant. */
export function serverView({ record, status }: ServerRun, tools: KnownTools | undefined): ServerDto {
  return {
    name: record.name,
    transportType: record.transport.transportType,
    displayName: record.displayName,
    description: record.description,
    homepageUrl: record.homepageUrl,
    status,
    enabled: record.enabled,
    toolsList: [...(tools?.definitions ?? [])],
  };
}

/** Returns the view for operators, which adds settings, state and log. */
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
    network: record.transport.transportType === 'stdio' ? (record.transport.network ?? 'open') : undefined,
    replicas: record.transport.transportType === 'stdio' ? (record.replicas ?? 'each') : undefined,
    ...runView(server),
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
  };
}

/** The state of a server on one replica. */
export type RunView = Pick<ServerDto, 'lastError' | 'notices' | 'instances' | 'logs'>;

export function runView({ record, lastError, log, instances }: ServerRun): RunView {
  return {
    lastError,
    notices: someOf(log.notices()),
    instances: servesUsersApart(record)
      ? instances.map(({ principal, status, since }) => ({ user: principal.subject, status, since }))
      : undefined,
    logs: log.lines().map(({ time, level, message }) => `${time} ${level} ${message}`),
  };
}

/** A member without content is left out. */
const someOf = (notices: readonly string[]): string[] | undefined => (notices.length > 0 ? [...notices] : undefined);

/** Merges the views of several replicas: the first error of any replica, and all log lines in the order of their times. */
export function mergedRunView(here: RunView, elsewhere: readonly RunView[]): RunView {
  const all = [here, ...elsewhere];
  const lines = all.flatMap(({ logs = [] }) => logs).map((line) => ({ line, time: line.slice(0, line.indexOf(' ')) }));
  return {
    lastError: all.find(({ lastError }) => lastError !== undefined)?.lastError,
    notices: someOf([...new Set(all.flatMap(({ notices = [] }) => notices))]),
    instances: here.instances && all.flatMap(({ instances = [] }) => instances),
    logs: lines.sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time))).map(({ line }) => line),
  };
}

function settingsView({ record }: ServerRun, sessionId: string | undefined): Partial<ServerDto> {
  const { transport, isolation = 'shared', secretsAs = 'arguments' } = record;
  const { secretNames, secretHeaders, startupTimeout, callTimeout, limits } = record;
  const hosting = { isolation, secretsAs, secretNames, secretHeaders, startupTimeout, callTimeout, limits };
  const shown = { ...hiddenTransport(transport), ...hosting };
  return transport.transportType === 'stdio' ? shown : { ...shown, sessionId };
}
