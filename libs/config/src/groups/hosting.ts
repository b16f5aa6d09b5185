import type { HostingConfig } from '../model/config.js';
import { integer, oneOf, type Parser } from '../model/parsers.js';
import { InvalidSettingError, setting, settingGroup, type Values } from '../model/setting.js';

/** Reads `first-last`. User id 0 is that of root. */
const idRange: Parser<{ readonly first: number; readonly last: number }> = (written) => {
  const [, first, last] = /^(\d{1,10})-(\d{1,10})$/.exec(written)?.map(Number) ?? [];
  if (first !== undefined && last !== undefined && first > 0 && first <= last && last < 4_294_967_295)
    return { first, last };
  throw new InvalidSettingError('is no range of user ids; write the first and the last one, such as 200000-265535');
};

const DAY_MS = 24 * 3600 * 1000;

export const hosting = settingGroup({
  title: 'Servers as child processes',
  about:
    'For registered stdio servers: see [Registered servers as processes](#registered-servers-as-processes). Without `SERVER_UID` they run as the gateway does, and can read what it can read.',
  settings: {
    SERVER_SANDBOX: setting({
      parse: oneOf('auto', 'bubblewrap', 'uid', 'none'),
      default: 'auto',
      meaning:
        'How servers are kept apart from the gateway and from each other: `bubblewrap` (namespaces), `uid` (a user id for each owner; the gateway must run as root) or `none`. `auto` takes the strongest that is possible, or `uid` where `SERVER_UID` is set. In production it refuses stdio servers if neither is.',
    }),
    SERVER_UID: setting({
      parse: integer(1, 4_294_967_294),
      unset: 'see `SERVER_UID_RANGE`',
      meaning:
        'The first numeric user id that servers get, where the gateway runs as root. 10,000 ids from it on are theirs.',
    }),
    SERVER_GID: setting({
      parse: integer(1, 4_294_967_294),
      unset: "the server's user id",
      meaning: 'The numeric id of the group of all servers, where the gateway runs as root.',
    }),
    SERVER_UID_RANGE: setting({
      parse: idRange,
      unset: '`200000-265535`',
      meaning:
        'The first and the last numeric user id that servers get, where the gateway runs as root: one for each server, or for each of its users. No other account of the machine may have one of them.',
    }),
    SERVER_MEMORY_MB: setting({
      parse: integer(16, 1_048_576),
      default: 1024,
      meaning: 'The resident memory of a server and all that it starts, in MB. A server with more is stopped.',
    }),
    SERVER_OPEN_FILES: setting({
      parse: integer(32, 1_048_576),
      default: 1024,
      meaning: 'How many files each process of a server may have open.',
    }),
    SERVER_PROCESSES: setting({
      parse: integer(1, 100_000),
      default: 100,
      meaning: 'How many processes a server may have. A server with more is stopped.',
    }),
    SERVER_DATA_MB: setting({
      parse: integer(0, 1_073_741_824),
      default: 1024,
      meaning:
        'The size that a server, or each of its users, may keep in its data folder and its temporary files, in MB. A server with more is stopped until files are removed. No file that it writes may be larger. 0: no limit.',
    }),
    SERVER_START_TIMEOUT_MS: setting({
      parse: integer(1000, 600_000),
      default: 30_000,
      meaning: 'The start of a server has failed when it has not answered `initialize` after so many milliseconds.',
    }),
    USER_SERVERS_MAX: setting({
      parse: integer(1, 10_000),
      default: 50,
      meaning:
        'How many servers may run for single users at a time, in all (`isolation: "user"`, `secretsAs: "headers"`).',
    }),
    USER_SERVER_IDLE_MS: setting({
      parse: integer(100, DAY_MS),
      default: 600_000,
      meaning: 'The server of a single user is stopped after so many milliseconds without a call.',
    }),
  },
});

type HostingValues = Values<typeof hosting>;

const IDS_FROM_SERVER_UID = 10_000;
const DEFAULT_IDS = { first: 200_000, last: 265_535 };

/** Returns the faults between these settings. */
export const hostingFaults = ({ SERVER_UID: uid, SERVER_UID_RANGE: range }: HostingValues): string[] =>
  uid !== undefined && range !== undefined ? ['SERVER_UID: SERVER_UID_RANGE is set, too; remove one of them'] : [];

export function hostingConfig(values: HostingValues): HostingConfig {
  const { SERVER_UID: uid, SERVER_UID_RANGE: range, SERVER_GID: gid } = values;
  const ids = uid === undefined ? (range ?? DEFAULT_IDS) : { first: uid, last: uid + IDS_FROM_SERVER_UID - 1 };
  return {
    sandbox: values.SERVER_SANDBOX,
    userIds: { ...ids, gid },
    prefersUserIds: uid !== undefined,
    limits: {
      memoryMb: values.SERVER_MEMORY_MB,
      openFiles: values.SERVER_OPEN_FILES,
      processes: values.SERVER_PROCESSES,
    },
    dataMb: values.SERVER_DATA_MB,
    startTimeoutMs: values.SERVER_START_TIMEOUT_MS,
    maxUserServers: values.USER_SERVERS_MAX,
    userServerIdleMs: values.USER_SERVER_IDLE_MS,
  };
}
