import { request as send } from 'node:http';
import type { Socket } from 'node:net';
import { proxyEnvironment } from '@manifold/config';
import { ProxyRefusal } from './proxy-refusal.js';
import type { ProxyTarget } from './proxy-target.js';

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
  const url = URL.parse(kind === 'tunnel' ? named('HTTPS_PROXY') : named('HTTP_PROXY'));
  if (!url || isExcepted(named('NO_PROXY'), hostname, authority)) return undefined;
  const credentials = [url.username, url.password].map(decodeURIComponent).join(':');
  return {
    url,
    authorization: credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
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
    asking.on('connect', ({ statusCode = 0 }, _socket, head) => {
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
