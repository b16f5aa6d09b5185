import { setTimeout as delay } from 'node:timers/promises';
import { untilAborted } from '@manifold/cancellation';
import type { Principal } from '@manifold/auth';
import type { SecretsService } from '@manifold/secrets';
import { ProviderError } from '@manifold/tool-provider';
import { LATE_CALLS_MS } from './calls-in-flight.js';
import type { UserConsents } from './consent/user-consents.js';
import { launchSecrets } from './launch-secrets.js';
import { UserFindings, type ServerFindings } from './server-findings.js';
import type { ServerRecord } from './server-record.js';
import type { Secrets, ServerRun, ServerStatus, UserInstance } from './server-run.js';
import { SupervisedServer, type ServerOwner, type Supervision } from './supervised-server.js';
import { LogRing } from './upstream/index.js';
import type { UserServerPool } from './user-server-pool.js';

/** What all servers share that run for single users. */
export interface UserSupervision extends Supervision {
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
 * One configuration of a server that serves each user apart, with the user's own secrets.
 *
 * `start` only introduces it: it is run without any user, lists its tools and is ended again. A user's own server is started by the
 * user's first call, and ended when it is idle, when its place is needed, when the user's secrets change, and with the configuration.
 */
export class UserServers implements ServerRun {
  readonly settled: Promise<void>;
  isRetiring = false;
  readonly wantsConsent = false;
  private settle: () => void;
  private readonly ended = new AbortController();
  private readonly users = new Map<string, UserServer>();
  /** No longer anybody's, and not gone yet. */
  private readonly leaving = new Set<SupervisedServer>();
  private readonly introducer: SupervisedServer;
  private introduction: 'none' | 'running' | 'over' = 'none';
  private failure?: ProviderError;

  constructor(
    readonly record: ServerRecord,
    readonly log: LogRing,
    readonly findings: ServerFindings,
    private readonly supervision: UserSupervision,
  ) {
    this.settled = new Promise((resolve) => (this.settle = resolve));
    this.introducer = this.create(log, { key: '', secrets: () => Promise.resolve({}) });
  }

  /** `connected`: it can be, whether or not a user has it run at the moment. `disconnected`: it was once, and may need a user's secrets. */
  get status(): ServerStatus {
    if (this.introduction === 'running') return 'connecting';
    if (this.ended.signal.aborted || this.introduction === 'none') return 'disconnected';
    if (this.lastError === undefined) return 'connected';
    return this.findings.areToolsKnown ? 'disconnected' : 'error';
  }

  /** That it does not start without a user's secrets is no error once it has started with them. */
  get lastError(): string | undefined {
    return this.findings.hasListed() ? undefined : this.failure?.message.split('\n', 1)[0];
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

  async prove(signal: AbortSignal, incumbent: Pick<ServerRun, 'instances'>): Promise<void> {
    this.start();
    await untilAborted(this.settled, signal);
    this.ended.signal.throwIfAborted();
    if (this.failure && !(await this.startsFor(incumbent.instances[0]?.principal, signal))) throw this.failure;
  }

  clientArrived({ key }: Principal): void {
    this.users.get(key)?.server.lanes.clientArrived();
  }

  secretsChanged(principal: Principal): void {
    if (launchSecrets(this.record).length > 0) this.renew(principal, true);
  }

  consentChanged(principal: Principal, isConnected: boolean): void {
    this.renew(principal, isConnected);
  }

  async retire(): Promise<void> {
    this.isRetiring = true;
    this.findings.end();
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

  /** @param introduces the user may be the first to whom the server shows its tools */
  private renew(principal: Principal, introduces: boolean): void {
    const user = this.users.get(principal.key);
    if (user) this.release(user);
    const isNew = this.record.enabled && !this.findings.hasListed();
    if (introduces && isNew) void this.startsFor(principal, this.ended.signal);
  }

  private async introduce(): Promise<void> {
    try {
      await this.introducer.prove(this.ended.signal);
    } catch (error) {
      this.failure = error as ProviderError;
    }
    await this.introducer.stop({ endSession: true });
    this.introduction = 'over';
    this.settle();
  }

  /** A server may need a user's secrets to start. What it then writes is nobody else's business. */
  private async startsFor(principal: Principal | undefined, signal: AbortSignal): Promise<boolean> {
    if (!principal) return false;
    try {
      await this.for(principal).prove(signal);
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
    room = this.supervision.pool.admit(server, () => this.dismiss(principal.key, server));
    this.users.set(principal.key, { principal, server, since: new Date().toISOString() });
    return server;
  }

  private create(log: LogRing, owner: ServerOwner): SupervisedServer {
    const findings = new UserFindings(this.findings, owner.principal?.key);
    return new SupervisedServer(this.record, log, findings, this.supervision, owner);
  }

  private async open(principal: Principal): Promise<Secrets> {
    const names = launchSecrets(this.record);
    const { name } = this.record;
    if (names.length === 0) return {};
    try {
      return await this.supervision.secrets.open({ principal, app: name }, names);
    } catch (cause) {
      throw new ProviderError('upstream_unavailable', `Your secrets for server ${name} cannot be read`, { cause });
    }
  }

  /** Calls in flight finish; the next one gets a new server. */
  private release({ principal, server }: UserServer): void {
    this.users.delete(principal.key);
    this.leaving.add(server);
    void server.retire().then(() => {
      this.leaving.delete(server);
      this.supervision.pool.leave(server);
    });
  }

  private async dismiss(key: string, server: SupervisedServer): Promise<void> {
    if (this.users.get(key)?.server === server) this.users.delete(key);
    this.leaving.add(server);
    await server.stop({ endSession: true });
    this.leaving.delete(server);
  }
}
