import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { AddressPolicy } from '../address-policy.js';
import type { AddressResolver } from '../address-resolver.js';
import { guardedConnector, plainConnector } from '../connector.js';
import {
  checkTarget,
  connect,
  connectTo,
  operatorsProxyFor,
  tunnelThrough,
  type OperatorsProxy,
} from './operators-proxy.js';
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
   * @throws EgressError; ProxyRefusal of the resolver
   */
  async dial(target: ProxyTarget, kind: 'request' | 'tunnel', isConfigured: boolean): Promise<Dialled> {
    const { hostname, port } = target;
    const proxy = operatorsProxyFor(target, kind);
    if (!proxy) return { socket: await connect(isConfigured ? this.plain : this.guarded, 'http:', hostname, port) };
    if (!isConfigured) await checkTarget(target, this.policy, this.resolver);
    const socket = await connectTo(proxy, this.plain);
    return kind === 'request' ? { socket, proxy } : { socket: await tunnelThrough(socket, proxy, target) };
  }
}
