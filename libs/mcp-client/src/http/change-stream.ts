import { setTimeout as delay } from 'node:timers/promises';
import { isObject } from '@manifold/async';
import { ProviderError } from '@manifold/tool-provider';
import type { JsonRpcConnection } from '../json-rpc/json-rpc-connection.js';
import type { LogRing } from '../protocol/log-ring.js';
import { envelope } from '../protocol/modern-envelope.js';
import type { RawObject } from '../protocol/upstream-connection.js';

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';
const ACKNOWLEDGEMENT_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/**
 * Receives the change notifications of a modern server through `subscriptions/listen` (2026-07-28,
 * basic/patterns/subscriptions). One stream covers all lists and resources. When the resources change, a new stream is
 * opened. It replaces the previous one when the server has acknowledged it. A stream that ends by itself is opened again.
 */
export class ChangeStream {
  private readonly uris = new Set<string>();
  private readonly ended = new AbortController();
  private current?: AbortController;
  private turn = Promise.resolve<unknown>(undefined);
  private acknowledge?: (params: RawObject) => void;
  private failures = 0;

  /**
   * @param lists the list changes that the server announces, as `notifications` of the request
   * @param onGap called when changes may have been missed, with the URIs of the resources in the stream
   */
  constructor(
    private readonly rpc: JsonRpcConnection,
    private readonly lists: RawObject,
    private readonly log: LogRing,
    private readonly onGap: (uris: readonly string[]) => void,
  ) {
    rpc.onNotification(ACKNOWLEDGED, (params) => this.acknowledge?.(params));
  }

  /** Opens the stream if the server announces any list changes. */
  start(): void {
    if (Object.keys(this.lists).length > 0) void this.reopen().catch((error: Error) => this.broke(error));
  }

  /**
   * Adds a resource to the stream.
   * @throws ProviderError when the server does not report changes of this resource
   */
  async add(uri: string): Promise<void> {
    if (this.uris.has(uri)) return void (await this.turn.catch(() => undefined));
    this.uris.add(uri);
    try {
      const { resourceSubscriptions } = await this.reopen();
      if (Array.isArray(resourceSubscriptions) && resourceSubscriptions.includes(uri)) return;
      throw new ProviderError('upstream_rejected', 'The server does not announce changes of this resource');
    } catch (error) {
      this.uris.delete(uri);
      throw error;
    }
  }

  remove(uri: string): void {
    if (this.uris.delete(uri)) void this.reopen().catch((error: Error) => this.broke(error));
  }

  close(): void {
    this.ended.abort(new ProviderError('upstream_unavailable', 'The connection to the server was closed'));
    this.current?.abort();
  }

  /**
   * Opens a new stream after earlier attempts have ended.
   * @returns the notifications that the server has acknowledged
   */
  private reopen(): Promise<RawObject> {
    const opening = this.turn.then(
      () => this.open(),
      () => this.open(),
    );
    this.turn = opening;
    return opening;
  }

  private async open(): Promise<RawObject> {
    this.ended.signal.throwIfAborted();
    const before = this.current;
    const uris = [...this.uris];
    const notifications = { ...this.lists, ...(uris.length > 0 && { resourceSubscriptions: uris }) };
    if (Object.keys(notifications).length === 0) {
      before?.abort();
      this.current = undefined;
      return {};
    }
    const abort = new AbortController();
    const acknowledged = new Promise<RawObject>((resolve) => {
      this.acknowledge = ({ notifications: granted }) => resolve(isObject(granted) ? granted : {});
    });
    const params = { notifications, _meta: envelope({}, {}) };
    const end = this.rpc.request('subscriptions/listen', params, { signal: abort.signal });
    const early = end.then(() => {
      throw new ProviderError('upstream_unavailable', 'The server ended the subscription at once');
    });
    const granted = await Promise.race([acknowledged, early, tooLate(this.ended.signal)]).catch((error: unknown) => {
      abort.abort();
      throw error;
    });
    this.current = abort;
    before?.abort();
    this.failures = 0;
    early.catch((error: Error) => {
      if (this.current === abort) this.broke(error);
    });
    return granted;
  }

  private broke(error: Error): void {
    if (this.ended.signal.aborted) return;
    if (error instanceof ProviderError && error.rpcError) {
      return this.log.add(`It does not announce changes: ${error.rpcError.message}`, 'error');
    }
    const wait = Math.min(FIRST_RETRY_MS * 2 ** this.failures, LAST_RETRY_MS);
    this.failures += 1;
    void this.retry(wait);
  }

  private async retry(wait: number): Promise<void> {
    try {
      await delay(wait, undefined, { signal: this.ended.signal, ref: false });
      await this.reopen();
      this.onGap([...this.uris]);
    } catch (error) {
      this.broke(error as Error);
    }
  }
}

async function tooLate(signal: AbortSignal): Promise<never> {
  await delay(ACKNOWLEDGEMENT_MS, undefined, { signal, ref: false });
  throw new ProviderError('upstream_unavailable', 'The server did not acknowledge the subscription');
}
