import { Injectable } from '@nestjs/common';
import type { RawObject } from '@manifold/tool-provider';
import { serverOwnerKey } from '../model/server-record.js';
import type { UpstreamConnection } from '@manifold/mcp-client';

/** Receives the params of `notifications/resources/updated`. */
type Listener = (params: RawObject) => void;

const NEVER = new AbortController().signal;

/** Knows the subscribers of each resource of each server. If a server serves users apart, subscriptions are kept for each user. */
@Injectable()
export class ResourceSubscriptions {
  private readonly servers = new Map<string, SubscribedServer>();

  /** @param owner key of the principal that owns the connection; undefined for the connection that all users share */
  of(tenant: string, name: string, owner?: string): SubscribedServer {
    const key = serverOwnerKey(tenant, name, owner);
    const server = this.servers.get(key) ?? new SubscribedServer();
    this.servers.set(key, server);
    return server;
  }

  /** Drops a server that is gone. Its subscribers hear nothing more; they can still end their subscriptions. */
  forget(tenant: string, name: string): void {
    const prefix = serverOwnerKey(tenant, name);
    for (const key of this.servers.keys()) if (key.startsWith(prefix)) this.servers.delete(key);
  }

  /** Moves the subscriptions of the server to its new connection. */
  moveTo(connection: UpstreamConnection, tenant: string, name: string, owner?: string): void {
    this.servers.get(serverOwnerKey(tenant, name, owner))?.follow(connection);
  }
}

/**
 * The subscriptions of one server. The server sees one subscription for each resource. It moves to each new connection,
 * also after the server's configuration was replaced.
 */
class SubscribedServer {
  private connection?: UpstreamConnection;
  private readonly followed = new WeakSet<UpstreamConnection>();
  private readonly listeners = new Map<string, Set<Listener>>();

  /**
   * Subscribes a listener to a resource.
   * @param connection the current connection of the server
   * @param signal ends the waiting for the server's confirmation
   * @returns a function that ends the subscription
   * @throws ProviderError when the server refuses; then the listener is not registered
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

  /**
   * Makes the subscriptions again on a new connection of the server. The resources count as updated, because an update between the
   * two connections was missed.
   */
  follow(connection: UpstreamConnection): void {
    this.hear(connection);
    for (const uri of this.listeners.keys()) {
      connection.subscribe(uri, NEVER).then(
        () => this.updated({ uri }),
        () => undefined, // the listeners receive nothing until the next connection
      );
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
    // The wrapper makes each entry unique, so that the same function can be registered twice.
    const own: Listener = (params) => listener(params);
    this.listeners.set(uri, ofUri.add(own));
    return () => {
      if (!ofUri.delete(own) || ofUri.size > 0) return;
      this.listeners.delete(uri);
      this.connection?.unsubscribe(uri);
    };
  }

  /** Calls the listeners. The URI may name a sub-resource of the subscribed one (MCP, server/resources). */
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
