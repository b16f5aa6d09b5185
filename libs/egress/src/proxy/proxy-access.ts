import { timingSafeEqual } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { AllowedDomains } from './allowed-domains.js';
import type { ProxyDialler } from './proxy-dialler.js';
import { ProxyRefusal } from './proxy-refusal.js';
import type { ProxyTarget } from './proxy-target.js';

/** A program, or the programs of one install, that may use the proxy. */
export interface ProxyClient {
  readonly tenant: string;
  /** For the log and for messages: `server notes`. */
  readonly name: string;
  /** The hosts and ports that it may reach. Undefined: every host and port with a permitted address. */
  readonly allowedDomains?: readonly string[];
  /** URLs from the settings of the operator. The addresses of their hosts and ports are not checked. */
  readonly configured?: readonly string[];
  /** Value of NO_PROXY: what the programs reach without the proxy. */
  readonly noProxy?: string;
}

/** The parts of the proxy that an access uses. */
export interface ProxyEntrance {
  readonly port: number;
  accept(socket: Socket, access: ProxyAccess): void;
  forget(access: ProxyAccess): void;
}

const REFUSALS_KEPT = 5;

/** The access of a client to the proxy, until it is closed. Its credential is valid for this launch alone. */
export class ProxyAccess {
  /** The first sentences that say why targets were refused or not reached. */
  readonly refusals: string[] = [];
  readonly sockets = new Set<Socket>();
  private readonly listeners = new Set<Server>();
  private readonly domains?: AllowedDomains;
  private readonly configured: ReadonlySet<string>;
  private isClosed = false;

  constructor(
    readonly client: ProxyClient,
    readonly id: string,
    private readonly password: string,
    private readonly entrance: ProxyEntrance,
    /** Opens the connections of this client. */
    readonly dialler: ProxyDialler,
  ) {
    this.domains = client.allowedDomains && new AllowedDomains(client.allowedDomains);
    this.configured = new Set((client.configured ?? []).map(placeOf));
  }

  /**
   * Returns the variables that lead programs to the proxy.
   * @param port where the proxy listens on loopback inside of a sandbox. Undefined: the programs share the network of the gateway
   */
  environment(port?: number): Record<string, string> {
    const own = `http://${this.id}:${this.password}@127.0.0.1:${this.entrance.port}`;
    const url = port === undefined ? own : `http://127.0.0.1:${port}`;
    const noProxy = this.client.noProxy ?? '';
    return {
      ...{ HTTP_PROXY: url, HTTPS_PROXY: url, ALL_PROXY: url, NO_PROXY: noProxy },
      ...{ http_proxy: url, https_proxy: url, all_proxy: url, no_proxy: noProxy },
      ...{ npm_config_proxy: url, npm_config_https_proxy: url, npm_config_noproxy: noProxy, PIP_PROXY: url },
      // Node's own fetch and http, from 22.21 and 24.5
      NODE_USE_ENV_PROXY: '1',
    };
  }

  /** Takes connections of the client from a listener that nothing else can reach, such as one in its sandbox. They need no credential. */
  serve(listener: Server): void {
    if (this.isClosed) return void listener.close();
    this.listeners.add(listener);
    Object.assign(listener, { allowHalfOpen: true }); // as Node's HTTP server has it
    listener.on('error', () => undefined);
    listener.on('connection', (socket) => this.entrance.accept(socket, this));
  }

  hasPassword(given: string): boolean {
    const [one, other] = [given, this.password].map((text) => Buffer.from(text));
    return one!.length === other!.length && timingSafeEqual(one!, other!);
  }

  /** @returns whether the address of the target is not checked. @throws ProxyRefusal */
  check({ hostname, port, authority }: ProxyTarget): boolean {
    if (this.domains && !this.domains.permits(hostname, port)) {
      const words = `allowedDomains of ${this.client.name} does not name ${authority}`;
      throw new ProxyRefusal('domain_forbidden', words);
    }
    return this.configured.has(authority);
  }

  /** Keeps the sentence of a refusal, for the error of an install. */
  note(refusal: string): void {
    if (this.refusals.length < REFUSALS_KEPT && !this.refusals.includes(refusal)) this.refusals.push(refusal);
  }

  /** Ends all connections of the client, and its credential. */
  close(): void {
    this.isClosed = true;
    for (const listener of this.listeners) listener.close();
    for (const socket of this.sockets) socket.destroy();
    this.entrance.forget(this);
  }
}

function placeOf(text: string): string {
  const { hostname, port, protocol } = new URL(text);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}
