import { setTimeout as delay } from 'node:timers/promises';
import { untilAborted } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import type { SecretsService } from '@manifold/secrets';
import { ProviderError } from '@manifold/tool-provider';
import { LATE_CALLS_MS } from '../model/calls-in-flight.js';
import type { UserConsents } from '../connections/user-consents.js';
import { launchSecrets } from '../connections/launch-secrets.js';
import { openSecrets } from '../connections/server-connection.js';
import type { StartSupervision } from '../connections/server-dedicated-connections.js';
import { UserConnectionMetadata, type ServerMetadata } from '../metadata/server-metadata.js';
import type { ServerRecord } from '../model/server-record.js';
import type { Secrets, ServerRun, ServerStatus, UserInstance } from '../connections/server-run.js';
import type { ServerOwner } from './server-owner.js';
import { SupervisedServer } from './supervised-server.js';
import { LogRing } from '@manifold/mcp-client';
import type { UserServerPool } from './user-server-pool.js';

/** Dependencies of all servers that run for single users. */
export interface UserSupervision extends StartSupervision {
  readonly pool: UserServerPool;
  readonly secrets: SecretsService;
  readonly consents: UserConsents;
}

interface UserServer {
  readonly principal: Principal;
  readonly server: SupervisedServer;
  readonly since: string;
}

/**
 * One configuration of a server that runs a separate instance for each user, with the user's own secrets.
 *
 * `start` only introduces the server: it is started without a user, lists its tools and is stopped again. The first call of
 * a user starts the user's instance. It is stopped when it is idle, when its place is needed, when the user's secrets
 * change, or when the configuration ends.
 */
export class UserServers implements ServerRun {
  readonly settled: Promise<void>;
  isRetiring = false;
  readonly wantsConsent = false;
  private settle: () => void;
  private readonly ended = new AbortController();
  private readonly users = new Map<string, UserServer>();
  /** Instances that are no longer assigned to a user and have not ended yet. */
  private readonly leaving = new Set<SupervisedServer>();
  private readonly introducer: SupervisedServer;
  private introduction: 'none' | 'running' | 'over' = 'none';
  private failure?: ProviderError;

  constructor(
    readonly record: ServerRecord,
    readonly log: LogRing,
    readonly metadata: ServerMetadata,
    private readonly supervision: UserSupervision,
  ) {
    this.settled = new Promise((resolve) => (this.settle = resolve));
    this.introducer = this.create(log, { key: '', secrets: () => Promise.resolve({}) });
  }

  /**
   * `connected`: the server can be started, whether or not an instance runs at the moment. `disconnected`: it is stopped or
   * not introduced yet, or it cannot be introduced although its tools are known; it may need a user's secrets.
   */
  get status(): ServerStatus {
    if (this.introduction === 'running') return 'connecting';
    if (this.ended.signal.aborted || this.introduction === 'none') return 'disconnected';
    if (this.lastError === undefined) return 'connected';
    return this.metadata.areToolsKnown ? 'disconnected' : 'error';
  }

  /** The error of the introduction. It no longer counts once the server has started with a user's secrets. */
  get lastError(): string | undefined {
    return this.metadata.hasListed() ? undefined : this.failure?.message.split('\n', 1)[0];
  }

  get instances(): readonly UserInstance[] {
    return [...this.users.values()].map(({ principal, server, since }) => ({
      principal,
      status: server.status,
      since,
    }));
  }

  prepare(): undefined {}

  ownerFor({ key }: Principal): string {
    return key;
  }

  for(principal: Principal): SupervisedServer {
    return this.users.get(principal.key)?.server ?? this.admit(principal);
  }

  start(): void {
    if (this.introduction !== 'none' || this.ended.signal.aborted) return;
    this.introduction = 'running';
    void this.introduce();
  }

  async verify(signal: AbortSignal, incumbent: Pick<ServerRun, 'instances'>): Promise<void> {
    this.start();
    await untilAborted(this.settled, signal);
    this.ended.signal.throwIfAborted();
    if (this.failure && !(await this.startsFor(incumbent.instances[0]?.principal, signal))) throw this.failure;
  }

  onClientConnected({ key }: Principal): void {
    this.users.get(key)?.server.dedicated.onClientConnected();
  }

  secretsChanged(principal: Principal): void {
    if (launchSecrets(this.record).length > 0) this.renew(principal, true);
  }

  consentChanged(principal: Principal, isConnected: boolean): void {
    this.renew(principal, isConnected);
  }

  /** Lists everything again with an instance that runs, else with the next one that starts. */
  async refresh(): Promise<void> {
    this.metadata.forgetListed();
    const running = [...this.users.values()].find(({ server }) => server.live);
    await running?.server.refresh();
  }

  async retire(): Promise<void> {
    this.isRetiring = true;
    this.metadata.end();
    await delay(LATE_CALLS_MS, undefined, { signal: this.ended.signal }).catch(() => undefined);
    await Promise.all([...this.users.values()].map(({ server }) => server.retire()));
    await this.stop();
  }

  async stop(): Promise<void> {
    this.ended.abort(new ProviderError('upstream_unavailable', `Server ${this.record.name} was stopped`));
    const servers = [...this.leaving, ...[...this.users.values()].map(({ server }) => server)];
    this.users.clear();
    await Promise.all([this.introducer, ...servers].map((server) => server.stop({ endSession: true })));
    for (const server of servers) this.supervision.pool.leave(server);
    this.settle();
  }

  /**
   * Retires a user's instance, so that the next call starts a new one.
   * @param introduces whether to start it at once for this user if the server has not listed its tools yet
   */
  private renew(principal: Principal, introduces: boolean): void {
    const user = this.users.get(principal.key);
    if (user) this.release(user);
    const isNew = this.record.enabled && !this.metadata.hasListed();
    if (introduces && isNew) void this.startsFor(principal, this.ended.signal);
  }

  private async introduce(): Promise<void> {
    try {
      await this.introducer.verify(this.ended.signal);
    } catch (error) {
      this.failure = error as ProviderError;
    }
    await this.introducer.stop({ endSession: true });
    this.introduction = 'over';
    this.settle();
  }

  /**
   * Returns whether the server starts for a user, because it may need a user's secrets to start. The log of that start is
   * not shown to other users.
   */
  private async startsFor(principal: Principal | undefined, signal: AbortSignal): Promise<boolean> {
    if (!principal) return false;
    try {
      await this.for(principal).verify(signal);
      return true;
    } catch {
      return false;
    }
  }

  private admit(principal: Principal): SupervisedServer {
    this.ended.signal.throwIfAborted();
    let room = Promise.resolve();
    const secrets = async (): Promise<Secrets> => {
      await room;
      return this.open(principal);
    };
    const server = this.create(new LogRing(), { key: principal.key, principal, secrets });
    room = this.supervision.pool.admit(server, principal, () => this.discard(principal.key, server));
    this.users.set(principal.key, { principal, server, since: new Date().toISOString() });
    return server;
  }

  private create(log: LogRing, owner: ServerOwner): SupervisedServer {
    const metadata = new UserConnectionMetadata(this.metadata, owner.principal?.key);
    return new SupervisedServer(this.record, log, metadata, this.supervision, owner);
  }

  private async open(principal: Principal): Promise<Secrets> {
    const names = launchSecrets(this.record);
    return names.length === 0 ? {} : openSecrets(this.supervision.secrets, this.record, principal, names);
  }

  /** Retires a user's instance. Running calls finish; the next call starts a new instance. */
  private release({ principal, server }: UserServer): void {
    this.users.delete(principal.key);
    this.leaving.add(server);
    void server.retire().then(() => {
      this.leaving.delete(server);
      this.supervision.pool.leave(server);
    });
  }

  private async discard(key: string, server: SupervisedServer): Promise<void> {
    if (this.users.get(key)?.server === server) this.users.delete(key);
    this.leaving.add(server);
    await server.stop({ endSession: true });
    this.leaving.delete(server);
  }
}
