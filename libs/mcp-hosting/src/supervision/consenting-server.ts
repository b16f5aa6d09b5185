import type { Principal } from '@manifold/auth';
import type { ServerMetadata } from '../metadata/server-metadata.js';
import type { ServerRecord } from '../model/server-record.js';
import type { CallableServer, ServerRun, ServerStatus, UserInstance } from '../connections/server-run.js';
import { SharedServer } from './shared-server.js';
import type { LogRing } from '@manifold/mcp-client';
import { UserServers, type UserSupervision } from './user-servers.js';

/**
 * Time, in milliseconds, for which the gateway relies on a server's refusal of requests without an account. After that a
 * call tries again.
 */
const REFUSAL_MS = 60_000;

/**
 * One configuration of a server over HTTP. Each user who has connected an account has a separate connection with it. All
 * other users share one connection. If the server refuses the shared connection, every user has to connect an account.
 */
export class ConsentingServer implements ServerRun {
  isRetiring = false;
  private readonly shared: SharedServer;
  private readonly apart: UserServers;

  constructor(
    readonly record: ServerRecord,
    readonly log: LogRing,
    readonly metadata: ServerMetadata,
    private readonly supervision: UserSupervision,
  ) {
    this.shared = new SharedServer(record, log, metadata, supervision);
    this.apart = new UserServers(record, log, metadata, supervision);
  }

  get wantsConsent(): boolean {
    return this.shared.refusal !== undefined;
  }

  /** A server that requires accounts is not down: it can be reached as soon as a user has connected one. */
  get status(): ServerStatus {
    if (!this.wantsConsent) return this.shared.status;
    return this.metadata.areToolsKnown ? 'connected' : 'disconnected';
  }

  get lastError(): string | undefined {
    return this.wantsConsent && this.metadata.areToolsKnown ? undefined : this.shared.lastError;
  }

  get settled(): Promise<void> {
    return this.shared.settled;
  }

  get instances(): readonly UserInstance[] {
    return this.apart.instances;
  }

  prepare(principal: Principal): Promise<void> | undefined {
    return this.supervision.consents.refresh(principal, this.record.name, this.wantsConsent);
  }

  ownerFor(principal: Principal): string | undefined {
    return this.supervision.consents.isConnected(principal, this.record.name) ? principal.key : undefined;
  }

  for(principal: Principal): CallableServer {
    if (this.ownerFor(principal) !== undefined) return this.apart.for(principal);
    const { refusal } = this.shared;
    if (refusal && performance.now() < refusal.at + REFUSAL_MS) throw refusal.error;
    return this.shared.for();
  }

  start(): void {
    this.shared.start();
    void this.settled.then(() => {
      if (this.wantsConsent) this.metadata.consentIsWanted();
    });
  }

  verify(signal: AbortSignal): Promise<void> {
    return this.shared.verify(signal);
  }

  onClientConnected(principal: Principal): void {
    this.shared.onClientConnected();
    this.apart.onClientConnected(principal);
  }

  /** Does nothing: each call carries the secrets of its user. */
  secretsChanged(): void {}

  consentChanged(principal: Principal, isConnected: boolean): void {
    this.apart.consentChanged(principal, isConnected);
  }

  async refresh(): Promise<void> {
    await (this.wantsConsent ? this.apart.refresh() : this.shared.refresh());
  }

  async retire(): Promise<void> {
    this.isRetiring = true;
    await Promise.all([this.shared.retire(), this.apart.retire()]);
  }

  async stop(options?: { readonly endSession?: boolean }): Promise<void> {
    await Promise.all([this.shared.stop(options), this.apart.stop()]);
  }
}
