import { setTimeout as delay } from 'node:timers/promises';
import { ProviderError } from '@manifold/tool-provider';
import type { JsonRpcConnection } from './json-rpc-connection.js';
import type { LogRing } from './log-ring.js';
import { envelope } from './modern-envelope.js';
import { isObject } from './rpc-values.js';
import type { RawObject } from './upstream-connection.js';

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';
const ACKNOWLEDGEMENT_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/**
 * The changes of which a server of the modern era tells, by `subscriptions/listen` (2026-07-28, basic/patterns/subscriptions): one
 * stream for all lists and resources. Another resource means another stream, which takes the place of the one before when it has
 * been acknowledged; one that ends by itself is opened again.
 */
export class ChangeStream {
  private readonly uris = new Set<string>();
  private readonly ended = new AbortController();
  private current?: AbortController;
  private turn = Promise.resolve<unknown>(undefined);
  private acknowledge?: (params: RawObject) => void;
  private failures = 0;

  /**
   * @param lists what the server says that it tells of, as `notifications` of the request
   * @param onGap called when changes may have been missed
   */
  constructor(
    private readonly rpc: JsonRpcConnection,
    private readonly lists: RawObject,
    private readonly log: LogRing,
    private readonly onGap: () => void,
  ) {
    rpc.onNotification(ACKNOWLEDGED, (params) => this.acknowledge?.(params));
  }

  /** Begins, if there is anything to hear of. */
  start(): void {
    if (Object.keys(this.lists).length > 0) void this.reopen().catch((error: Error) => this.broke(error));
  }

  /** @throws ProviderError when the server does not tell of changes of this resource */
  async add(uri: string): Promise<void> {
    if (this.uris.has(uri)) return void (await this.turn.catch(() => undefined));
    this.uris.add(uri);
    try {
      const { resourceSubscriptions } = await this.reopen();
      if (Array.isArray(resourceSubscriptions) && resourceSubscriptions.includes(uri)) return;
      throw new ProviderError('upstream_rejected', 'The server does not tell of changes of this resource');
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

  /** One after the other. @returns what the server has acknowledged */
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
      return this.log.add(`It tells of no changes: ${error.rpcError.message}`, 'error');
    }
    const wait = Math.min(FIRST_RETRY_MS * 2 ** this.failures, LAST_RETRY_MS);
    this.failures += 1;
    void this.retry(wait);
  }

  private async retry(wait: number): Promise<void> {
    try {
      await delay(wait, undefined, { signal: this.ended.signal, ref: false });
      await this.reopen();
      this.onGap();
    } catch (error) {
      this.broke(error as Error);
    }
  }
}

async function tooLate(signal: AbortSignal): Promise<never> {
  await delay(ACKNOWLEDGEMENT_MS, undefined, { signal, ref: false });
  throw new ProviderError('upstream_unavailable', 'The server did not acknowledge the subscription');
}
