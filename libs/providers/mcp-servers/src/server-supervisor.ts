import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import PQueue from 'p-queue';
import { Config } from '@manifold/config';
import { showQueue } from '@manifold/metrics';
import { SecretsService } from '@manifold/secrets';
import { ConsentingServer } from './consent/consenting-server.js';
import { UserConsents } from './consent/user-consents.js';
import { ServerConnector } from './server-connector.js';
import { ServerFindings } from './server-findings.js';
import { ServerKnowledge } from './server-knowledge.js';
import { serverKey, servesUsersApart, type ServerRecord } from './server-record.js';
import type { ServerRun } from './server-run.js';
import { SharedServer } from './shared-server.js';
import { LogRing } from './upstream/index.js';
import { UserServerPool } from './user-server-pool.js';
import { UserServers, type UserSupervision } from './user-servers.js';

const STARTS_AT_A_TIME = 4;

/**
 * The connections of all registered servers.
 *
 * 1. The registry hands over each server with `adopt`; 2. when the gateway's port is open, all enabled ones are started; until then,
 * and without a port, they start when a call needs them; 3. at shutdown all are stopped, in parallel.
 */
@Injectable()
export class ServerSupervisor implements OnModuleInit, OnApplicationShutdown {
  private readonly servers = new Map<string, ServerRun>();
  /** On trial, or on their way out. */
  private readonly aside = new Map<string, Set<ServerRun>>();
  private readonly supervision: UserSupervision;
  private readonly unsubscribe: (() => void)[] = [];
  private startsEagerly = false;

  constructor(
    connector: ServerConnector,
    private readonly knowledge: ServerKnowledge,
    private readonly secrets: SecretsService,
    private readonly consents: UserConsents,
    { hosting }: Config,
    private readonly host: HttpAdapterHost,
  ) {
    const pool = new UserServerPool({ max: hosting.maxUserServers, idleMs: hosting.userServerIdleMs });
    const starts = new PQueue({ concurrency: STARTS_AT_A_TIME });
    showQueue('server_starts', () => starts.size);
    this.supervision = { connector, starts, startTimeoutMs: hosting.startTimeoutMs, pool, secrets, consents };
  }

  onModuleInit(): void {
    this.unsubscribe.push(
      this.secrets.onChanged(({ principal, app }) => this.server(principal.tenant, app)?.secretsChanged(principal)),
      this.consents.onChanged((user, server, isConnected) =>
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

  /** Takes a server over in its new configuration. What runs of an older one must have been stopped before. */
  adopt(record: ServerRecord): void {
    const server = this.create(record, this.server(record.tenant, record.name)?.log);
    server.findings.resume();
    this.servers.set(keyOf(server), server);
    this.startIfEnabled(server);
  }

  /** A configuration for a trial beside the one that runs, with a log of its own. It must be promoted or dropped. */
  candidate(record: ServerRecord): ServerRun {
    const candidate = this.create(record);
    this.setAside(candidate);
    return candidate;
  }

  /**
   * Gives a candidate that has proven itself the place of what runs; new calls reach it from now on.
   * @returns a promise that resolves when nothing of the old one runs any more; it never rejects
   */
  promote(candidate: ServerRun): Promise<void> {
    const old = this.servers.get(keyOf(candidate));
    this.takeBack(candidate);
    this.servers.set(keyOf(candidate), candidate);
    candidate.findings.publish();
    if (!old) return Promise.resolve();
    this.setAside(old);
    return old.retire().finally(() => this.takeBack(old));
  }

  /** Another replica has registered or changed the server: this one follows without a trial. */
  takeOver(record: ServerRecord): void {
    if (!this.server(record.tenant, record.name)) return this.adopt(record);
    const successor = this.candidate(record);
    successor.findings.resume();
    void this.promote(successor);
    this.startIfEnabled(successor);
  }

  /** Another replica has deleted the server. Resolves when nothing of it runs here any more. */
  async leave(tenant: string, name: string): Promise<void> {
    const server = this.server(tenant, name);
    this.dismiss(tenant, name);
    if (!server) return;
    this.setAside(server);
    await server.retire().finally(() => this.takeBack(server));
  }

  /** Resolves when nothing of the candidate runs any more. */
  async drop(candidate: ServerRun): Promise<void> {
    await candidate.stop({ endSession: true });
    this.takeBack(candidate);
  }

  /** Stops everything that runs of a server, on trial or on its way out. */
  async stop(tenant: string, name: string, options: { readonly endSession: boolean }): Promise<void> {
    const aside = [...(this.aside.get(serverKey(tenant, name)) ?? [])];
    await Promise.all([this.server(tenant, name)?.stop(options), ...aside.map((server) => server.stop(options))]);
  }

  /** Every registered server is known here, enabled or not. */
  server(tenant: string, name: string): ServerRun | undefined {
    return this.servers.get(serverKey(tenant, name));
  }

  /** A server on its way out that has a tool which its successor has no more. */
  predecessor(tenant: string, name: string, tool: string): ServerRun | undefined {
    const aside = this.aside.get(serverKey(tenant, name));
    return aside && [...aside].find((server) => server.isRetiring && server.findings.hasListed(tool));
  }

  all(): Iterable<ServerRun> {
    return this.servers.values();
  }

  /** Forgets a server that was stopped, its log included. */
  dismiss(tenant: string, name: string): void {
    this.servers.delete(serverKey(tenant, name));
  }

  private create(record: ServerRecord, log = new LogRing()): ServerRun {
    const findings = new ServerFindings(record.tenant, record.name, record.updatedAt, this.knowledge);
    if (servesUsersApart(record)) return new UserServers(record, log, findings, this.supervision);
    const isRemote = record.transport.transportType === 'streamable_http';
    const Kind = isRemote ? ConsentingServer : SharedServer;
    return new Kind(record, log, findings, this.supervision);
  }

  private setAside(server: ServerRun): void {
    const key = keyOf(server);
    this.aside.set(key, (this.aside.get(key) ?? new Set()).add(server));
  }

  private takeBack(server: ServerRun): void {
    const key = keyOf(server);
    const aside = this.aside.get(key);
    if (aside?.delete(server) && aside.size === 0) this.aside.delete(key);
  }

  private startIfEnabled(server: ServerRun): void {
    if (this.startsEagerly && server.record.enabled) server.start();
  }
}

const keyOf = ({ record: { tenant, name } }: ServerRun): string => serverKey(tenant, name);
