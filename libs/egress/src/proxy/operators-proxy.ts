import { request as send } from 'node:http';
import type { Socket } from 'node:net';
import { proxyEnvironment } from '@manifold/config';
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

/** Returns the operator's proxy for a target, from HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the gateway. */
export function operatorsProxyFor(
  { hostname, authority }: ProxyTarget,
  kind: 'request' | 'tunnel',
): OperatorsProxy | undefined {
  const variables = proxyEnvironment();
  const named = (name: string): string => variables[name.toLowerCase()] || variables[name] || '';
  const variable = kind === 'tunnel' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  if (named(variable) === '' || isExcepted(named('NO_PROXY'), hostname, authority)) return undefined;
  const url = proxyUrl(variable, named(variable));
  const credentials = [url.username, url.password].map(decoded).join(':');
  return {
    url,
    authorization: credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
}

/** Reads the URL of a proxy. As for curl and pip, it may lack the scheme. @throws ProxyRefusal */
function proxyUrl(variable: string, text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url?.hostname && ['http:', 'https:'].includes(url.protocol)) return url;
  throw new ProxyRefusal('connect_failed', `${variable} of the gateway is not the URL of an HTTP proxy`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a single percent sign
  }
}

function isExcepted(list: string, hostname: string, authority: string): boolean {
  const entries = list.toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => {
    if (entry === '*' || entry === hostname || entry === authority) return true;
    const suffix = entry.replace(/^\*?\./, '');
    return suffix !== '' && hostname.endsWith(`.${suffix}`);
  });
}

/**
 * Asks the operator's proxy for a tunnel, on a connection to it.
 * @throws ProxyRefusal; the error of the connection
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
      asking.destroy(new ProxyRefusal('timeout', words));
    });
    asking.on('connect', ({ statusCode = 0 }, _socket, head) => {
      socket.setTimeout(0);
      if (statusCode === 200) {
        socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      const words = `The proxy that HTTPS_PROXY of the gateway names answered ${statusCode} for ${authority}`;
      reject(new ProxyRefusal('connect_failed', words));
    });
    asking.end();
  });
}
