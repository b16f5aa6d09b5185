import type { ServerFindings } from './server-findings.js';
import type { ServerRecord } from './server-record.js';
import type { CallableServer, ServerRun, ServerStatus, UserInstance } from './server-run.js';
import { SupervisedServer, type Supervision } from './supervised-server.js';
import type { LogRing } from './upstream/index.js';

/** One configuration of a server that serves all users with one connection. */
export class SharedServer implements ServerRun {
  readonly instances: readonly UserInstance[] = [];
  isRetiring = false;
  private readonly server: SupervisedServer;

  constructor(
    readonly record: ServerRecord,
    readonly log: LogRing,
    readonly findings: ServerFindings,
    supervision: Supervision,
  ) {
    this.server = new SupervisedServer(record, log, findings, supervision);
  }

  get status(): ServerStatus {
    return this.server.status;
  }

  get lastError(): string | undefined {
    return this.server.lastError;
  }

  readonly wantsConsent = false;

  get refusal(): SupervisedServer['refusal'] {
    return this.server.refusal;
  }

  get settled(): Promise<void> {
    return this.server.settled;
  }

  prepare(): undefined {}

  ownerFor(): undefined {}

  for(): CallableServer {
    return this.server;
  }

  start(): void {
    this.server.start();
  }

  prove(signal: AbortSignal): Promise<void> {
    return this.server.prove(signal);
  }

  clientArrived(): void {
    this.server.lanes.clientArrived();
  }

  /** Each call brings the secrets of its user. */
  secretsChanged(): void {}

  /** It serves those who have no account of their own. */
  consentChanged(): void {}

  retire(): Promise<void> {
    this.isRetiring = true;
    return this.server.retire();
  }

  stop(options?: { readonly endSession?: boolean }): Promise<void> {
    return this.server.stop(options);
  }
}
