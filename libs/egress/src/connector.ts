import { isIP, type LookupFunction, type SocketConstructorOpts } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressPolicy } from './address-policy.js';
import type { AddressResolver } from './address-resolver.js';
import { EgressError } from './egress-error.js';

/**
 * Opens connections to any address. Every failure to connect is an EgressError, so that callers can tell "never connected" from "connection
 * lost".
 */
export function plainConnector(timeoutMs: number, options: SocketConstructorOpts = {}): buildConnector.connector {
  return namingFailures(buildConnector({ ...options, timeout: timeoutMs }));
}

/**
 * Opens connections to permitted addresses only. The check happens where the address is dialled. An attacker therefore gains nothing from a
 * name that resolves differently a moment later (DNS rebinding). Node does not look up literal addresses, so they have a separate check.
 */
export function guardedConnector(
  policy: AddressPolicy,
  resolver: AddressResolver,
  timeoutMs: number,
  options: SocketConstructorOpts = {},
): buildConnector.connector {
  const lookup = guardedLookup(policy, resolver);
  const connect = namingFailures(buildConnector({ ...options, timeout: timeoutMs, lookup }));
  return (options, callback) => {
    const { hostname } = options;
    if (isIP(hostname) && !policy.permits(hostname, hostname)) return callback(forbidden(hostname), null);
    return connect(options, callback);
  };
}

function guardedLookup(policy: AddressPolicy, resolver: AddressResolver): LookupFunction {
  return (hostname, options, callback) => {
    resolver.resolve(hostname).then(
      (addresses) => {
        // One forbidden address makes the name forbidden: Node, not the gateway, chooses the address to dial.
        const permitted = addresses.length > 0 && addresses.every(({ address }) => policy.permits(hostname, address));
        if (!permitted) return callback(forbidden(hostname), []);
        if (options.all) return callback(null, addresses);
        callback(null, addresses[0].address, addresses[0].family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}

/** Makes every failure of a connector an EgressError. */
export function namingFailures(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error) callback(connectFailure(error, options.host ?? options.hostname), null);
      else callback(null, socket);
    });
}

const forbidden = (hostname: string): EgressError =>
  new EgressError('address_forbidden', `The address of ${hostname} may not be reached from the gateway`);

function connectFailure(error: Error & { code?: unknown }, host: string): EgressError {
  if (error instanceof EgressError) return error;
  if (error.code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new EgressError('timeout', `${host} did not accept a connection in time`, { cause: error });
  }
  const code = typeof error.code === 'string' ? ` (${error.code})` : '';
  return new EgressError('connect_failed', `Cannot connect to ${host}${code}`, { cause: error });
}
