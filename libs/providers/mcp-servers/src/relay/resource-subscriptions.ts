import { Injectable } from '@nestjs/common';
import type { RawObject } from '@manifold/tool-provider';
import { serverKey } from '../server-record.js';
import type { UpstreamConnection } from '../upstream/index.js';

/** Gets the params of `notifications/resources/updated`. */
type Listener = (params: RawObject) => void;

const NEVER = new AbortController().signal;

/** Who listens to which resources of which server; where users are served apart, of which user's. */
@Injectable()
export class ResourceSubscriptions {
  private readonly servers = new Map<string, SubscribedServer>();

  /** @param owner key of the principal whose connection it is; not given: everybody's */
  of(tenant: string, name: string, owner?: string): SubscribedServer {
    const key = keyOf(tenant, name, owner);
    const server = this.servers.get(key) ?? new SubscribedServer();
    this.servers.set(key, server);
    return server;
  }

  /** The server has a new connection: what is subscribed of it is subscribed there from now on. */
  moveTo(connection: UpstreamConnection, tenant: string, name: string, owner?: string): void {
    this.servers.get(keyOf(tenant, name, owner))?.follow(connection);
  }
}

const keyOf = (tenant: string, name: string, owner = ''): string => `${serverKey(tenant, name)}\0${owner}`;

/** The server knows of one subscription for each resource; it moves to each new connection, also when the server was replaced in between. */
class SubscribedServer {
  private connection?: UpstreamConnection;
  private readonly followed = new WeakSet<UpstreamConnection>();
  private readonly listeners = new Map<string, Set<Listener>>();

  /**
   * @param connection the server's present one
   * @param signal ends the waiting for the server's consent
   * @returns a function that ends it
   * @throws ProviderError when the server refuses; then nothing is left of it
   */
  async add(uri: string, listener: Listener, connection: UpstreamConnection, signal: AbortSignal): Promise<() => void> {
    this.hear(connection);
    const end = this.listen(uri, listener);
    try {
      await connection.subscribe(uri, signal);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  /** Makes the subscriptions again on a new connection of the server. */
  follow(connection: UpstreamConnection): void {
    this.hear(connection);
    for (const uri of this.listeners.keys()) {
      connection.subscribe(uri, NEVER).catch(() => undefined); // its listeners hear nothing until the next connection
    }
  }

  private hear(connection: UpstreamConnection): void {
    this.connection = connection;
    if (this.followed.has(connection)) return;
    this.followed.add(connection);
    connection.onResourceUpdated((params) => this.updated(params));
  }

  private listen(uri: string, listener: Listener): () => void {
    const ofUri = this.listeners.get(uri) ?? new Set();
    // The same function may listen twice.
    const own: Listener = (params) => listener(params);
    this.listeners.set(uri, ofUri.add(own));
    return () => {
      if (!ofUri.delete(own) || ofUri.size > 0) return;
      this.listeners.delete(uri);
      this.connection?.unsubscribe(uri);
    };
  }

  /** The URI may be that of a part of what was subscribed (MCP, server/resources). */
  private updated(params: RawObject): void {
    const { uri: changed } = params;
    if (typeof changed !== 'string') return;
    for (const [uri, listeners] of this.listeners) {
      if (isWithin(changed, uri)) for (const listener of listeners) listener(params);
    }
  }
}

function isWithin(part: string, whole: string): boolean {
  if (!part.startsWith(whole)) return false;
  return part.length === whole.length || whole.endsWith('/') || '/?#'.includes(part[whole.length]!);
}
