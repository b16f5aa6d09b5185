import type { HostingConfig } from './config.js';
import type { Variables } from './variables.js';

/** The variables of servers that run as child processes, as parsed. */
export type HostingValues = Pick<
  Variables,
  | 'SERVER_UID'
  | 'SERVER_GID'
  | 'SERVER_MEMORY_MB'
  | 'SERVER_OPEN_FILES'
  | 'SERVER_PROCESSES'
  | 'SERVER_START_TIMEOUT_MS'
  | 'USER_SERVERS_MAX'
  | 'USER_SERVER_IDLE_MS'
>;

export function hostingConfig(values: HostingValues): HostingConfig {
  const { SERVER_UID: uid, SERVER_GID: gid = uid } = values;
  return {
    runAs: uid === undefined || gid === undefined ? undefined : { uid, gid },
    limits: {
      memoryMb: values.SERVER_MEMORY_MB,
      openFiles: values.SERVER_OPEN_FILES,
      processes: values.SERVER_PROCESSES,
    },
    startTimeoutMs: values.SERVER_START_TIMEOUT_MS,
    maxUserServers: values.USER_SERVERS_MAX,
    userServerIdleMs: values.USER_SERVER_IDLE_MS,
  };
}
