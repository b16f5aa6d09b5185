import type { BodyLimits } from '../model/config.js';
import { boolean, bytes, httpUrl, integer, list, oneOf, proxies, text } from '../model/parsers.js';
import { setting, settingGroup, type Values } from '../model/setting.js';

export const listening = settingGroup({
  title: 'Listening',
  settings: {
    NODE_ENV: setting({
      parse: oneOf('development', 'production'),
      default: 'development',
      meaning:
        'In `development` the gateway listens on loopback only, and callers need no credentials. In `production` callers need credentials, and the gateway needs `SECRETS_KEY`.',
    }),
    HOST: setting({
      parse: text,
      default: { development: '127.0.0.1', production: '0.0.0.0' },
      meaning: 'The address to listen on.',
    }),
    PORT: setting({
      parse: integer(0, 65535),
      default: 3001,
      meaning: 'The port to listen on. With `0` the operating system chooses one.',
    }),
    MCP_SERVER_URL: setting({
      parse: httpUrl,
      unset: '`http://127.0.0.1:PORT`, in production `http://localhost:PORT`',
      meaning:
        'The URL under which clients reach the gateway, without `/mcp`. Set it in production: links for users and OAuth callbacks begin with it. With `/mcp` after it, it is the audience (`aud`) that tokens must carry, unless their issuer in `AUTH_ISSUERS` has an `audience` of its own.',
    }),
    MCP_ALLOWED_HOSTS: setting({
      parse: list,
      default: '',
      unset: 'loopback and the host of `MCP_SERVER_URL`, in production every host',
      meaning:
        'Names in the `Host` header that are served, separated by commas. The host of `MCP_SERVER_URL` always is.',
    }),
    MCP_ALLOWED_ORIGINS: setting({
      parse: list,
      default: '',
      unset: 'the origin of `MCP_SERVER_URL`, in development loopback, too',
      meaning:
        'Further values of the `Origin` header that browsers may send, separated by commas. In development, other pages of loopback can use MCP and read, but not change anything over REST.',
    }),
    PUBLIC_DETAILS: setting({
      parse: boolean,
      default: { development: true, production: false },
      meaning:
        'Shows `/docs`, `/docs-json` and the checks of `/healthz` to callers without a credential. With `false` they get 401, and of `/healthz` the status alone.',
    }),
    TRUST_PROXY: setting({
      parse: proxies,
      default: false,
      meaning:
        'The proxies before the gateway whose `X-Forwarded-For` says who a caller is: their number, or their addresses and CIDRs, separated by commas. `false`: none.',
    }),
    SHUTDOWN_DELAY_MS: setting({
      parse: integer(0, 60_000),
      default: { development: 0, production: 5000 },
      meaning:
        'For so many milliseconds after SIGTERM requests are still taken, while load balancers notice that the gateway stops.',
    }),
    PAYLOAD_LIMIT: setting({
      parse: bytes,
      unset: '`6mb` for REST, `4mb` for MCP messages, `8mb` for answers of servers',
      meaning:
        'The largest body of a request over REST, the largest MCP message of a client, and the largest message or answer of an upstream server or backend, with `kb` or `mb`. Answers of servers may have 8 MiB at least.',
    }),
    PAYLOAD_MEMBERS_MAX: setting({
      parse: integer(1000, 100_000_000),
      default: 100_000,
      meaning:
        'How many members of objects, and how many elements of lists, the JSON of a request may have. Settings of servers and other resources may have 20,000, and 2,000 in one object or list.',
    }),
    LOG_LEVEL: setting({
      parse: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
      default: 'info',
      meaning: 'The least level that is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.',
    }),
  },
});

export type ListeningValues = Values<typeof listening>;

const MIB = 1024 * 1024;

/** Returns the limits of bodies and messages. Without PAYLOAD_LIMIT, each kind has its own. */
export const bodyLimits = ({ PAYLOAD_LIMIT: limit, PAYLOAD_MEMBERS_MAX: members }: ListeningValues): BodyLimits => ({
  bytes: limit ?? 6 * MIB,
  messageBytes: limit ?? 4 * MIB,
  answerBytes: Math.max(limit ?? 0, 8 * MIB),
  members,
});

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/**
 * Returns the faults between these settings. In development callers need no credentials, so the gateway must not be reachable from other
 * machines.
 */
export function listeningFaults({ NODE_ENV, HOST }: ListeningValues): string[] {
  if (NODE_ENV === 'production' || LOOPBACK.includes(HOST)) return [];
  return [
    'HOST: is not a loopback address, and callers need no credentials in development; write 127.0.0.1, or set NODE_ENV=production',
  ];
}

/** Returns the URL under which clients reach the gateway. */
export function publicUrlOf({ NODE_ENV, HOST, PORT, MCP_SERVER_URL }: ListeningValues): string {
  return MCP_SERVER_URL ?? `http://${NODE_ENV === 'production' ? 'localhost' : urlHost(HOST)}:${PORT}`;
}

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/**
 * Returns the accepted `Host` values. Development accepts loopback names, the host of the public URL and the listed names, which stops DNS
 * rebinding. Production adds the host of the public URL to the listed names; without listed names it accepts every host.
 */
export function allowedHosts(values: ListeningValues): string[] {
  const own = new URL(publicUrlOf(values)).hostname;
  const listed = values.MCP_ALLOWED_HOSTS.map((host) => host.toLowerCase());
  if (values.NODE_ENV === 'development') return [...new Set([...LOOPBACK.map(urlHost), own, ...listed])];
  return listed.length === 0 ? [] : [...new Set([own, ...listed])];
}
