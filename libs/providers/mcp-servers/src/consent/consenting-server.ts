import type { Principal } from '@manifold/auth';
import type { ServerFindings } from '../server-findings.js';
import type { ServerRecord } from '../server-record.js';
import type { CallableServer, ServerRun, ServerStatus, UserInstance } from '../server-run.js';
import { SharedServer } from '../shared-server.js';
import type { LogRing } from '../upstream/index.js';
import { UserServers, type UserSupervision } from '../user-servers.js';

/** How long the word of a server counts that it wants credentials, before a call asks it again; milliseconds. */
const REFUSAL_MS = 60_000;

/**
 * One configuration of a server over HTTP: users who have connected an account of their own each have a connection with it, all others
 * share one. A server that refuses the shared one wants everybody's consent.
 */
export class ConsentingServer implements ServerRun {
  isRetiring = false;
  private readonly shared: SharedServer;
  private readonly apart: UserServers;

  constructor(
    readonly record: ServerRecord,
    readonly log: LogRing,
    readonly findings: ServerFindings,
    private readonly supervision: UserSupervision,
  ) {
    this.shared = new SharedServer(record, log, findings, supervision);
    this.apart = new UserServers(record, log, findings, supervision);
  }

  get wantsConsent(): boolean {
    return this.shared.refusal !== undefined;
  }

  /** One that wants consent is not down: it can be connected as soon as a user is. */
  get status(): ServerStatus {
    if (!this.wantsConsent) return this.shared.status;
    return this.findings.areToolsKnown ? 'connected' : 'disconnected';
  }

  get lastError(): string | undefined {
    return this.wantsConsent && this.findings.areToolsKnown ? undefined : this.shared.lastError;
  }

  get settled(): Promise<void> {
    return this.shared.settled;
  }

  get instances(): readonly UserInstance[] {
    return this.apart.instances;
  }

  prepare(principal: Principal): Promise<void> | undefined {
    return this.supervision.consents.learn(principal, this.record.name, this.wantsConsent);
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
      if (this.wantsConsent) this.findings.consentIsWanted();
    });
  }

  prove(signal: AbortSignal): Promise<void> {
    return this.shared.prove(signal);
  }

  clientArrived(principal: Principal): void {
    this.shared.clientArrived();
    this.apart.clientArrived(principal);
  }

  /** Each call brings the secrets of its user. */
  secretsChanged(): void {}

  consentChanged(principal: Principal, isConnected: boolean): void {
    this.apart.consentChanged(principal, isConnected);
  }

  async retire(): Promise<void> {
    this.isRetiring = true;
    await Promise.all([this.shared.retire(), this.apart.retire()]);
  }

  async stop(options?: { readonly endSession?: boolean }): Promise<void> {
    await Promise.all([this.shared.stop(options), this.apart.stop()]);
  }
}
