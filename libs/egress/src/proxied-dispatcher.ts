import { Agent, buildConnector, Dispatcher } from 'undici';
import type { AddressPolicy } from './address-policy.js';
import type { AddressResolver } from './address-resolver.js';
import { namingFailures, plainConnector } from './connector.js';
import {
  checkTarget,
  connectTo,
  operatorsProxyFor,
  tunnelThrough,
  type OperatorsProxy,
} from './proxy/operators-proxy.js';
import type { ProxyTarget } from './proxy/proxy-target.js';

/** The rule for addresses that a dispatcher applies. */
interface AddressRule {
  readonly policy: AddressPolicy;
  readonly resolver: AddressResolver;
}

/**
 * Sends requests through the operator's proxy, except those that NO_PROXY names. For https it asks for a tunnel, in which the connection is
 * encrypted to the target; for http it gives the proxy the whole URL. The rule for addresses applies before the proxy is asked.
 */
export class ProxiedDispatcher extends Dispatcher {
  private readonly plain: buildConnector.connector;
  private readonly tunnels: Agent;
  private readonly proxies: Agent;

  /**
   * @param direct for requests past the proxy
   * @param rule undefined: addresses are not checked
   */
  constructor(
    private readonly direct: Agent,
    options: Agent.Options,
    private readonly rule: AddressRule | undefined,
    connectMs: number,
  ) {
    super();
    this.plain = plainConnector(connectMs);
    this.tunnels = new Agent({ ...options, connect: this.tunnelConnector(connectMs) });
    this.proxies = new Agent({ ...options, connect: this.plain });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const url = new URL(String(options.origin));
    const target = targetOf(url);
    const isHttps = url.protocol === 'https:';
    const proxy = operatorsProxyFor(target, isHttps ? 'tunnel' : 'request');
    if (!proxy) return this.direct.dispatch(options, handler);
    if (isHttps) return this.tunnels.dispatch(options, handler);
    this.check(target).then(
      () => this.proxies.dispatch(asked(options, url, proxy), handler),
      (error: Error) => fail(handler, error),
    );
    return true;
  }

  override async close(): Promise<void> {
    await Promise.all([this.direct.close(), this.tunnels.close(), this.proxies.close()]);
  }

  override async destroy(): Promise<void> {
    await Promise.all([this.direct.destroy(), this.tunnels.destroy(), this.proxies.destroy()]);
  }

  private async check(target: ProxyTarget): Promise<void> {
    if (this.rule) await checkTarget(target, this.rule.policy, this.rule.resolver);
  }

  private tunnelConnector(timeout: number): buildConnector.connector {
    const encrypt = buildConnector({ timeout });
    return namingFailures((options, callback) => {
      const { hostname, protocol, port } = options;
      const target = targetOf(new URL(`${protocol}//${bracketed(hostname)}:${port || 443}`));
      const open = async () => {
        await this.check(target);
        const proxy = operatorsProxyFor(target, 'tunnel')!;
        return tunnelThrough(await connectTo(proxy, this.plain), proxy, target);
      };
      open().then(
        (httpSocket) => encrypt({ ...options, httpSocket }, callback),
        (error: Error) => callback(error, null),
      );
    });
  }
}

const bracketed = (hostname: string): string =>
  hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;

function targetOf({ hostname, port, protocol }: URL): ProxyTarget {
  const number = Number(port) || (protocol === 'https:' ? 443 : 80);
  return { hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port: number, authority: `${hostname}:${number}` };
}

/** Returns the request as a proxy takes it (RFC 9112, section 3.2.2). Its Host field is that of the target. */
function asked(
  { headers, path, ...options }: Dispatcher.DispatchOptions,
  { origin, host }: URL,
  proxy: OperatorsProxy,
): Dispatcher.DispatchOptions {
  const fields = Array.isArray(headers) ? pairsOf(headers) : { ...(headers as Record<string, string> | undefined) };
  for (const name of Object.keys(fields)) if (/^(?:host|proxy-authorization)$/i.test(name)) delete fields[name];
  if (proxy.authorization !== undefined) fields['proxy-authorization'] = proxy.authorization;
  return { ...options, origin: proxy.url.origin, path: origin + path, headers: { ...fields, host } };
}

function pairsOf(list: readonly unknown[]): Record<string, string> {
  const names = list.filter((_, index) => index % 2 === 0);
  return Object.fromEntries(names.map((name, index) => [String(name), String(list[2 * index + 1])]));
}

/** Reports an error to a handler of either kind: undici's own `fetch` still has the older one. */
function fail(handler: Dispatcher.DispatchHandler, error: Error): void {
  const { onResponseError } = handler;
  if (onResponseError) handler.onResponseError!(null as unknown as Dispatcher.DispatchController, error);
  else handler.onError!(error);
}
