import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { AddressPolicy } from '../address-policy.js';
import type { AddressResolver } from '../address-resolver.js';
import { guardedConnector, plainConnector } from '../connector.js';
import { operatorsProxyFor, tunnelThrough, type OperatorsProxy } from './operators-proxy.js';
import { ProxyRefusal } from './proxy-refusal.js';
import type { ProxyTarget } from './proxy-target.js';

const HALF_OPEN = { allowHalfOpen: true };

/** A connection to a target, or to the operator's proxy in front of it. */
export interface Dialled {
  readonly socket: Socket;
  /** The operator's proxy, which takes requests for the target. */
  readonly proxy?: OperatorsProxy;
}

/** Opens the connections of the proxy. A name is resolved once, and the connection goes to an address that was checked (threat 22). */
export class ProxyDialler {
  private readonly guarded: buildConnector.connector;
  private readonly plain: buildConnector.connector;

  constructor(
    private readonly policy: AddressPolicy,
    private readonly resolver: AddressResolver,
    timeoutMs: number,
  ) {
    this.guarded = guardedConnector(policy, resolver, timeoutMs, HALF_OPEN);
    this.plain = plainConnector(timeoutMs, HALF_OPEN);
  }

  /**
   * @param isConfigured the operator has configured this target, so its address is not checked
   * @throws EgressError; ProxyRefusal
   */
  async dial(target: ProxyTarget, kind: 'request' | 'tunnel', isConfigured: boolean): Promise<Dialled> {
    const { hostname, port } = target;
    const proxy = operatorsProxyFor(target, kind);
    if (!proxy) return { socket: await connect(isConfigured ? this.plain : this.guarded, 'http:', hostname, port) };
    if (!isConfigured) await this.check(target);
    const { url } = proxy;
    const proxyPort = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    const socket = await connect(this.plain, url.protocol, url.hostname.replace(/^\[(.*)\]$/, '$1'), proxyPort);
    return kind === 'request' ? { socket, proxy } : { socket: await tunnelThrough(socket, proxy, target) };
  }

  /**
   * Checks the addresses that the gateway finds. The operator's proxy resolves the name itself: what it may reach is for its rules, and so is
   * a name that only it can resolve.
   */
  private async check({ hostname, authority }: ProxyTarget): Promise<void> {
    const addresses = await this.resolver.resolve(hostname).catch((error: unknown) => {
      if (error instanceof ProxyRefusal) throw error;
      return [];
    });
    if (addresses.every(({ address }) => this.policy.permits(hostname, address))) return;
    const words = `The address of ${authority} is not public, and EGRESS_ALLOW of the gateway does not name it`;
    throw new ProxyRefusal('address_forbidden', words);
  }
}

const connect = (
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
