import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ConsentingServer } from './consenting-server.js';
import { ServerMetadata } from '../metadata/server-metadata.js';
import { ServerMetadataCache } from '../metadata/server-metadata-cache.js';
import { serverKey, servesUsersApart, type ServerRecord } from '../model/server-record.js';
import type { ServerRun } from '../connections/server-run.js';
import { SharedServer } from './shared-server.js';
import { Launcher } from '@manifold/launcher';
import { LogRing } from '@manifold/mcp-client';
import { ServerResources } from './server-resources.js';
import { UserServers } from './user-servers.js';

/**
 * The connections of all registered servers.
 *
 * 1. The registry passes each server to `adopt`. 2. When the gateway's port is open, all enabled servers are started.
 * Before that, or if no port is opened, a server starts when a call needs it. 3. At shutdown all servers are stopped in
 * parallel.
 */
@Injectable()
export class ServerSupervisor implements OnModuleInit, OnApplicationShutdown {
  private readonly servers = new Map<string, ServerRun>();
  /** Servers that are on trial or being retired. */
  private readonly aside = new Map<string, Set<ServerRun>>();
  private readonly unsubscribe: (() => void)[] = [];
  private startsEagerly = false;

  constructor(
    private readonly resources: ServerResources,
    private readonly cache: ServerMetadataCache,
    private readonly launcher: Launcher,
    private readonly host: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    const { secrets, consents } = this.resources;
    this.unsubscribe.push(
      secrets.onChanged(({ principal, app }) => this.server(principal.tenant, app)?.secretsChanged(principal)),
      consents.onChanged((user, server, isConnected) =>
        this.server(user.tenant, server)?.consentChanged(user, isConnected),
      ),
    );
    this.host.listen$.subscribe(() => {
      this.startsEagerly = true;
      for (const server of this.servers.values()) this.startIfEnabled(server);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.startsEagerly = false;
    for (const unsubscribe of this.unsubscribe) unsubscribe();
    const aside = [...this.aside.values()].flatMap((servers) => [...servers]);
    await Promise.all([...this.servers.values(), ...aside].map((server) => server.stop()));
  }

  /** Checks whether the tenant may run a server. @throws ProblemError 403 `stdio_not_allowed` with the setting to change */
  check(record: ServerRecord): Promise<void> {
    return this.resources.connector.check(record);
  }

  /** Adds a server in its new configuration. The run of an older configuration must be stopped before. */
  adopt(record: ServerRecord): void {
    const server = this.create(record, this.server(record.tenant, record.name)?.log);
    server.metadata.resume();
    this.servers.set(keyOf(server), server);
    this.startIfEnabled(server);
  }

  /** Creates a run of a configuration for a trial, with a separate log, while the current one continues. It must be promoted or dropped. */
  candidate(record: ServerRecord): ServerRun {
    const candidate = this.create(record);
    this.setAside(candidate);
    return candidate;
  }

  /**
   * Replaces the current run by a verified candidate. New calls go to the candidate from now on.
   * @returns a promise that resolves when no process or connection of the old run is left; it never rejects
   */
  promote(candidate: ServerRun): Promise<void> {
    const old = this.servers.get(keyOf(candidate));
    this.removeAside(candidate);
    this.servers.set(keyOf(candidate), candidate);
    candidate.metadata.publish();
    if (!old) return Promise.resolve();
    this.setAside(old);
    return old.retire().finally(() => this.removeAside(old));
  }

  /** Applies a configuration that another replica has registered or changed, without a trial. */
  takeOver(record: ServerRecord): void {
    if (!this.server(record.tenant, record.name)) return this.adopt(record);
    const successor = this.candidate(record);
    successor.metadata.resume();
    void this.promote(successor);
    this.startIfEnabled(successor);
  }

  /** Removes a server that another replica has deleted. Resolves when no process or connection of it is left here. */
  async leave(tenant: string, name: string): Promise<void> {
    const server = this.server(tenant, name);
    this.discard(tenant, name);
    if (!server) return;
    this.setAside(server);
    await server.retire().finally(() => this.removeAside(server));
    await this.launcher.removeFiles({ tenant, server: name });
  }

  /** Removes the files of a deleted server and of its users. Its runs must be stopped. */
  async removeFiles(tenant: string, name: string): Promise<void> {
    await this.launcher.removeFiles({ tenant, server: name });
  }

  /** Stops a candidate. Resolves when no process or connection of it is left. */
  async drop(candidate: ServerRun): Promise<void> {
    await candidate.stop({ endSession: true });
    this.removeAside(candidate);
  }

  /** Stops all runs of a server, including those on trial or being retired. */
  async stop(tenant: string, name: string, options: { readonly endSession: boolean }): Promise<void> {
    const aside = [...(this.aside.get(serverKey(tenant, name)) ?? [])];
    await Promise.all([this.server(tenant, name)?.stop(options), ...aside.map((server) => server.stop(options))]);
  }

  /** Returns the run of a registered server, whether it is enabled or not. */
  server(tenant: string, name: string): ServerRun | undefined {
    return this.servers.get(serverKey(tenant, name));
  }

  /** Returns a run that is being retired and has a tool that its successor no longer has. */
  predecessor(tenant: string, name: string, tool: string): ServerRun | undefined {
    const aside = this.aside.get(serverKey(tenant, name));
    return aside && [...aside].find((server) => server.isRetiring && server.metadata.hasListed(tool));
  }

  all(): Iterable<ServerRun> {
    return this.servers.values();
  }

  /** Removes a stopped server, its log and its subscriptions. */
  discard(tenant: string, name: string): void {
    this.cache.subscriptions.forget(tenant, name);
    this.servers.delete(serverKey(tenant, name));
  }

  private create(record: ServerRecord, log = new LogRing()): ServerRun {
    const metadata = new ServerMetadata(record.tenant, record.name, record.updatedAt, this.cache);
    if (servesUsersApart(record)) return new UserServers(record, log, metadata, this.resources);
    const isRemote = record.transport.transportType === 'streamable_http';
    const Kind = isRemote ? ConsentingServer : SharedServer;
    return new Kind(record, log, metadata, this.resources);
  }

  private setAside(server: ServerRun): void {
    const key = keyOf(server);
    this.aside.set(key, (this.aside.get(key) ?? new Set()).add(server));
  }

  private removeAside(server: ServerRun): void {
    const key = keyOf(server);
    const aside = this.aside.get(key);
    if (aside?.delete(server) && aside.size === 0) this.aside.delete(key);
  }

  private startIfEnabled(server: ServerRun): void {
    if (this.startsEagerly && server.record.enabled) server.start();
  }
}

const keyOf = ({ record: { tenant, name } }: ServerRun): string => serverKey(tenant, name);
