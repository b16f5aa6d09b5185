import { request as send } from 'node:http';
import type { Socket } from 'node:net';
import { proxyEnvironment } from '@manifold/config';
import type { buildConnector } from 'undici';
import type { AddressPolicy } from '../address-policy.js';
import type { AddressResolver } from '../address-resolver.js';
import { EgressError } from '../egress-error.js';
import { isExcepted } from './no-proxy.js';
import { ProxyRefusal } from './proxy-refusal.js';
import type { ProxyTarget } from './proxy-target.js';

/** Time for the operator's proxy to open a tunnel: it has to connect to the target. */
const ANSWERS_WITHIN_MS = 60_000;

/** The proxy through which the gateway itself has to leave its network. */
export interface OperatorsProxy {
  readonly url: URL;
  /** `Proxy-Authorization`, if the URL has credentials. */
  readonly authorization?: string;
}

/** Returns whether the gateway has to ask a proxy for anything. */
export const hasOperatorsProxy = (): boolean =>
  Object.entries(proxyEnvironment()).some(([name, value]) => /^https?_proxy$/i.test(name) && value !== '');

/**
 * Returns the variables by which programs find the operator's proxy themselves; none if there is no proxy. Undefined: its URL has credentials,
 * which are for the gateway alone. Then the proxy of the gateway stands in between.
 */
export function operatorsProxyVariables(): Record<string, string> | undefined {
  const urls = ['HTTP_PROXY', 'HTTPS_PROXY'].map((name) => [name, variable(name)] as const);
  if (urls.some(([, text]) => text.includes('@'))) return undefined;
  const given = [...urls, ['NO_PROXY', variable('NO_PROXY')] as const].filter(([, text]) => text !== '');
  if (!hasOperatorsProxy()) return {};
  // Node's own fetch and http use them only if they are told so, from 22.21 and 24.5.
  return Object.fromEntries([
    ...given.flatMap(([name, text]) => [
      [name, text],
      [name.toLowerCase(), text],
    ]),
    ['NODE_USE_ENV_PROXY', '1'],
  ]);
}

/** Returns NO_PROXY of the gateway. */
export const operatorsNoProxy = (): string => variable('NO_PROXY');

/** Returns a variable of the gateway, whose name may have small letters, too. */
function variable(name: string): string {
  const variables = proxyEnvironment();
  return variables[name.toLowerCase()] || variables[name] || '';
}

/** Returns the operator's proxy for a target, from HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the gateway. */
export function operatorsProxyFor(target: ProxyTarget, kind: 'request' | 'tunnel'): OperatorsProxy | undefined {
  const name = kind === 'tunnel' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  if (variable(name) === '' || isExcepted(operatorsNoProxy(), target)) return undefined;
  const url = proxyUrl(name, variable(name));
  const credentials = [url.username, url.password].map(decoded).join(':');
  return {
    url,
    authorization: credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
}

/** Reads the URL of a proxy. As for curl and pip, it may lack the scheme. @throws EgressError */
function proxyUrl(name: string, text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url?.hostname && ['http:', 'https:'].includes(url.protocol)) return url;
  throw new EgressError('connect_failed', `${name} of the gateway is not the URL of an HTTP proxy`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a single percent sign
  }
}

/**
 * Asks the operator's proxy for a tunnel, on a connection to it.
 * @throws EgressError; the error of the connection
 */
export function tunnelThrough(socket: Socket, proxy: OperatorsProxy, { authority }: ProxyTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { authorization } = proxy;
    const asking = send({
      createConnection: () => socket,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...(authorization !== undefined && { 'proxy-authorization': authorization }) },
    });
    asking.on('error', reject);
    asking.setTimeout(ANSWERS_WITHIN_MS, () => {
      const words = `The proxy that HTTPS_PROXY of the gateway names did not answer for ${authority}`;
      asking.destroy(new EgressError('timeout', words));
    });
    asking.on('connect', ({ statusCode = 0 }, _socket, head) => {
      socket.setTimeout(0);
      if (statusCode === 200) {
        socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      const words = `The proxy that HTTPS_PROXY of the gateway names answered ${statusCode} for ${authority}`;
      reject(new EgressError('connect_failed', words));
    });
    asking.end();
  });
}

/** Opens a connection to the operator's proxy. */
export function connectTo({ url }: OperatorsProxy, connector: buildConnector.connector): Promise<Socket> {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return connect(connector, url.protocol, url.hostname.replace(/^\[(.*)\]$/, '$1'), port);
}

/** Opens a connection. @throws the error of the connector */
export const connect = (
  connector: buildConnector.connector,
  protocol: string,
  hostname: string,
  port: number,
): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const host = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
    connector({ hostname, host, protocol, port: String(port) }, (...[error, socket]) =>
      error ? reject(error) : resolve(socket),
    );
  });

/**
 * Checks what the operator's proxy is to be asked for. It resolves the name itself, so the gateway checks the addresses that it finds. A name
 * that only the proxy can resolve is for its rules, unless it is one of a private network: then EGRESS_ALLOW must name it (threat 21).
 * @throws EgressError `address_forbidden`; ProxyRefusal of the resolver
 */
export async function checkTarget(
  { hostname, authority }: ProxyTarget,
  policy: AddressPolicy,
  resolver: AddressResolver,
): Promise<void> {
  const addresses = await resolver.resolve(hostname).catch((error: unknown) => {
    if (error instanceof ProxyRefusal) throw error;
    return [];
  });
  const isPermitted =
    addresses.length === 0
      ? policy.permitsUnresolved(hostname)
      : addresses.every(({ address }) => policy.permits(hostname, address));
  if (isPermitted) return;
  const words = `The address of ${authority} may not be reached from the gateway: it is not public, and EGRESS_ALLOW does not name it`;
  throw new EgressError('address_forbidden', words);
}
