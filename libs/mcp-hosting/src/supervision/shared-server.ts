import type { ServerMetadata } from '../metadata/server-metadata.js';
import type { ServerRecord } from '../model/server-record.js';
import type { CallableServer, ServerRun, ServerStatus, UserInstance } from '../connections/server-run.js';
import type { StartSupervision } from '../connections/server-dedicated-connections.js';
import { SupervisedServer } from './supervised-server.js';
import type { LogRing } from '@manifold/mcp-client';

/** One configuration of a server that serves all users with one connection. */
export class SharedServer implements ServerRun {
  readonly instances: readonly UserInstance[] = [];
  isRetiring = false;
  readonly forAll: SupervisedServer;

  constructor(
    readonly record: ServerRecord,
    readonly log: LogRing,
    readonly metadata: ServerMetadata,
    supervision: StartSupervision,
  ) {
    this.forAll = new SupervisedServer(record, log, metadata, supervision);
  }

  get status(): ServerStatus {
    return this.forAll.status;
  }

  get lastError(): string | undefined {
    return this.forAll.lastError;
  }

  readonly wantsConsent = false;

  get refusal(): SupervisedServer['refusal'] {
    return this.forAll.refusal;
  }

  get settled(): Promise<void> {
    return this.forAll.settled;
  }

  prepare(): undefined {}

  ownerFor(): undefined {}

  for(): CallableServer {
    return this.forAll;
  }

  start(): void {
    this.forAll.start();
  }

  verify(signal: AbortSignal): Promise<void> {
    return this.forAll.verify(signal);
  }

  onClientConnected(): void {
    this.forAll.dedicated.onClientConnected();
  }

  /** Does nothing: each call carries the secrets of its user. */
  secretsChanged(): void {}

  /** Does nothing: it serves users who have not connected an account. */
  consentChanged(): void {}

  refresh(): Promise<void> {
    return this.forAll.refresh();
  }

  retire(): Promise<void> {
    this.isRetiring = true;
    return this.forAll.retire();
  }

  stop(options?: { readonly endSession?: boolean }): Promise<void> {
    return this.forAll.stop(options);
  }
}
