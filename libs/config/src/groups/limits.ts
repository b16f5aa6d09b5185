import type { LimitsConfig } from '../model/config.js';
import { integer } from '../model/parsers.js';
import { setting, settingGroup, type Values } from '../model/setting.js';

/**
 * The settings of the limits. The defaults for production are generous: they stop runaway clients, not normal work. In development most
 * limits are off.
 */
export const limits = settingGroup({
  title: 'Limits',
  about: '`0` turns a limit off, and `100` a share. [Limits](#limits) says how they work.',
  settings: {
    RATE_LIMIT_PER_PRINCIPAL: setting({
      parse: integer(0, 1_000_000_000),
      default: { development: 0, production: 12_000 },
      meaning: 'How many calls one caller may make in a minute, and twice as many HTTP requests.',
    }),
    RATE_LIMIT_PER_SERVER: setting({
      parse: integer(0, 1_000_000_000),
      default: 0,
      meaning: 'How many calls one server or integration of a tenant may get in a minute.',
    }),
    CALLS_MAX_PER_PRINCIPAL: setting({
      parse: integer(0, 1_000_000),
      default: { development: 0, production: 500 },
      meaning: 'How many calls of one caller may be in flight at a time.',
    }),
    CALLS_MAX_PER_SERVER: setting({
      parse: integer(0, 1_000_000),
      default: 0,
      meaning: 'How many calls of one server may be in flight at a time.',
    }),
    AUTH_FAILURES_PER_ADDRESS: setting({
      parse: integer(0, 1_000_000_000),
      default: { development: 0, production: 300 },
      meaning: 'How many wrong credentials may come from one address in a minute. Further ones are answered 429.',
    }),
    CALLS_MAX: setting({
      parse: integer(0, 1_000_000),
      default: { development: 0, production: 5000 },
      meaning: 'How many requests of all callers one process may have in flight. Further ones are answered 503.',
    }),
    EVENT_LOOP_DELAY_MAX_MS: setting({
      parse: integer(0, 60_000),
      default: { development: 0, production: 500 },
      meaning:
        'The mean delay of the event loop, in milliseconds over half a second, above which new requests are answered 503. It has to be above it twice in a row.',
    }),
    BREAKER_FAILURES: setting({
      parse: integer(0, 1_000_000),
      default: 10,
      meaning: 'After so many failures in a row a server is left alone for one to five seconds.',
    }),
    SHARE_PER_PRINCIPAL: setting({
      parse: integer(1, 100),
      default: { development: 100, production: 25 },
      meaning:
        'How much of each pool one caller may take, in percent. The pools are `MCP_MAX_SESSIONS`, `USER_SERVERS_MAX`, the subscriptions to resources, and the calls that wait for answers of their client.',
    }),
    SHARE_PER_TENANT: setting({
      parse: integer(1, 100),
      default: { development: 100, production: 75 },
      meaning: 'How much of each pool the callers of one tenant may take together, in percent.',
    }),
    SHARE_OF_UNVERIFIED: setting({
      parse: integer(1, 100),
      default: { development: 100, production: 10 },
      meaning:
        'How much of each pool callers may take together whose token the gateway cannot verify (`INTEGRATION_APP_FORWARD_ONLY`), in percent. One address may take a quarter of it.',
    }),
  },
});

export const limitsConfig = (values: Values<typeof limits>): LimitsConfig => ({
  requestsPerPrincipal: values.RATE_LIMIT_PER_PRINCIPAL,
  requestsPerServer: values.RATE_LIMIT_PER_SERVER,
  callsPerPrincipal: values.CALLS_MAX_PER_PRINCIPAL,
  callsPerServer: values.CALLS_MAX_PER_SERVER,
  failuresPerAddress: values.AUTH_FAILURES_PER_ADDRESS,
  calls: values.CALLS_MAX,
  loopDelayMs: values.EVENT_LOOP_DELAY_MAX_MS,
  breakerFailures: values.BREAKER_FAILURES,
  shares: {
    principal: values.SHARE_PER_PRINCIPAL,
    tenant: values.SHARE_PER_TENANT,
    unverified: values.SHARE_OF_UNVERIFIED,
  },
});
