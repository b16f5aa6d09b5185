import { ProviderError } from '@manifold/tool-provider';
import { InFlightMap, isObject } from '@manifold/async';
import type { LogRing } from '../protocol/log-ring.js';
import { NotSentError } from '../protocol/not-sent-error.js';
import { abortReason, PendingRequest } from './pending-request.js';
import type { OutgoingMessage, RpcId, Transport, TransportReceiver } from '../protocol/transport.js';
import { asOwnId, isRpcId, readRpcError } from '../protocol/rpc-values.js';
import { logLine } from '../protocol/server-log.js';
import { ServerRequests } from './server-requests.js';
import type { RawObject, RequestOptions } from '../protocol/upstream-connection.js';

type NotificationListener = (params: RawObject) => void;

/**
 * JSON-RPC over a transport: many concurrent requests, each with its answer, its progress and its cancellation. Messages
 * are passed on unchanged. A message that violates the protocol is ignored and logged with one line.
 *
 * 1. construct, 2. `start` with a transport that reports to this object, 3. requests, 4. `close`, or the transport is lost.
 */
export class JsonRpcConnection implements TransportReceiver {
  private readonly pending = new InFlightMap<number, PendingRequest>();
  private readonly listeners = new Map<string, NotificationListener[]>();
  private readonly closed: ((reason: string) => void)[] = [];
  private readonly onAbort = (request: PendingRequest): void => this.cancel(request);
  /** Set once the server has sent a request. Most servers never send one. */
  private serverRequests: ServerRequests | undefined;
  private transport: Transport | undefined;
  private lastId = 0;
  /** The reason why the connection has ended, for callers. */
  private goneBecause: string | undefined;
  /** The reason why the connection ended by itself, for operators. */
  private lostBecause: string | undefined;

  /**
   * @param isDedicated whether only one request at a time has a client or reads logs. Server messages that name no request
   *   then belong to that one.
   */
  constructor(
    private readonly log: LogRing,
    private readonly isDedicated = false,
  ) {}

  start(transport: Transport): void {
    this.transport = transport;
  }

  request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    const { signal } = options;
    if (signal.aborted) return Promise.reject(abortReason(signal));
    const { transport } = this;
    if (!transport || this.goneBecause !== undefined) {
      return Promise.reject(new NotSentError(this.goneBecause ?? 'The server is not connected'));
    }
    const id = ++this.lastId;
    const request = new PendingRequest(id, method, options, this.onAbort);
    this.pending.set(id, request);
    try {
      transport.send(request.message(params))?.catch((error: ProviderError) => this.failed(id, error));
    } catch (error) {
      this.failed(id, error as ProviderError);
    }
    return request.answer;
  }

  /** Sends a notification. Resolves when the server has received it, as far as the transport can tell. */
  async notify(method: string, params?: RawObject): Promise<void> {
    await this.transport?.send({ jsonrpc: '2.0', method, params });
  }

  /**
   * Registers a listener for the notifications of one method. Progress notifications are not passed to it, because each
   * belongs to its request.
   */
  onNotification(method: string, listener: NotificationListener): void {
    this.listeners.set(method, [...(this.listeners.get(method) ?? []), listener]);
  }

  onClosed(listener: (reason: string) => void): void {
    const reason = this.lostBecause;
    if (reason === undefined) this.closed.push(listener);
    else queueMicrotask(() => listener(reason));
  }

  /** Rejects all pending requests. The owner closes the transport. */
  close(): void {
    this.end('The connection to the server was closed');
  }

  received(message: unknown, cause?: number): void {
    if (Array.isArray(message)) {
      for (const item of message) this.receivedOne(item, cause);
      return;
    }
    this.receivedOne(message, cause);
  }

  unreadable(id: number, reason: string): void {
    this.failed(id, new ProviderError('upstream_rejected', reason));
  }

  lost(reason: string, lastWords?: string): void {
    if (this.goneBecause !== undefined) return;
    this.lostBecause = lastWords === undefined ? reason : `${reason}: ${lastWords}`;
    // The last output of the server is shown to the operator who starts it, never to a caller of its tools.
    const starting = [...this.pending.values()].find((request) => request.method === 'initialize');
    if (starting) this.failed(starting.id, new ProviderError('upstream_unavailable', this.lostBecause));
    this.end(reason);
    for (const listener of this.closed) listener(this.lostBecause);
  }

  private receivedOne(message: unknown, cause: number | undefined): void {
    if (!isObject(message)) return this.log.add('Ignored: a message that is not a JSON-RPC object');
    if (typeof message.method === 'string') {
      if (isRpcId(message.id)) this.requested(message.id, message.method, message.params, cause);
      else this.notified(message.method, message.params, cause);
      return;
    }
    const id = typeof message.id === 'number' ? message.id : asOwnId(message.id);
    const request = id === undefined ? undefined : this.take(id);
    if (!request) return this.log.add('Ignored: a response to no open request');
    if (isObject(message.result)) request.succeed(message.result);
    else request.fail(rejection(message.error));
  }

  private requested(id: RpcId, method: string, params: unknown, cause: number | undefined): void {
    this.serverRequests ??= new ServerRequests((answer) => this.post(answer));
    this.serverRequests.received(id, method, params, this.owner(cause));
  }

  private notified(method: string, params: unknown, cause: number | undefined): void {
    if (method === 'notifications/progress') return this.progressed(params);
    if (method === 'notifications/message') return this.logged(params, cause);
    if (method === 'notifications/cancelled' && isObject(params)) this.serverRequests?.cancelled(params.requestId);
    for (const listener of this.listeners.get(method) ?? []) listener(isObject(params) ? params : {});
  }

  /** Returns the request to which a server message belongs, if that is certain. */
  private owner(cause: number | undefined): PendingRequest | undefined {
    if (cause !== undefined) return this.pending.get(cause);
    if (!this.isDedicated) return undefined;
    const candidates = [...this.pending.values()].filter((request) => request.client || request.readsLogs);
    return candidates.length === 1 ? candidates[0] : undefined;
  }

  private logged(params: unknown, cause: number | undefined): void {
    if (!isObject(params) || typeof params.level !== 'string') return this.log.add('Ignored: a malformed log message');
    const owner = this.owner(cause);
    if (owner?.readsLogs) owner.log({ ...params, level: params.level });
    else this.log.add(...logLine({ ...params, level: params.level }));
  }

  private progressed(params: unknown): void {
    if (!isObject(params) || typeof params.progress !== 'number') return this.log.add('Ignored: malformed progress');
    const { progressToken, ...rest } = params;
    const id = typeof progressToken === 'number' ? progressToken : asOwnId(progressToken);
    if (id === undefined) return;
    this.pending.get(id)?.progress({ ...rest, progress: params.progress });
  }

  private cancel(request: PendingRequest): void {
    this.take(request.id);
    const reason = request.abortReason();
    // The specification (basic/utilities/cancellation) forbids cancelling initialize.
    if (request.method !== 'initialize') {
      const params = { requestId: request.id, reason: reason.message };
      this.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    }
    this.transport?.abandon?.(request.id);
    request.fail(reason);
  }

  /** Sends a message whose delivery no caller waits for. */
  private post(message: OutgoingMessage): void {
    try {
      this.transport?.send(message)?.catch(() => this.log.add('A message could not be delivered'));
    } catch {
      this.log.add('A message could not be delivered');
    }
  }

  private failed(id: number, error: ProviderError): void {
    this.take(id)?.fail(error);
  }

  private take(id: number): PendingRequest | undefined {
    const request = this.pending.remove(id);
    if (request) this.serverRequests?.ended(request);
    return request;
  }

  private end(reason: string): void {
    if (this.goneBecause !== undefined) return;
    this.goneBecause = reason;
    this.serverRequests?.close();
    for (const id of [...this.pending.keys()]) this.failed(id, new ProviderError('upstream_unavailable', reason));
  }
}

function rejection(error: unknown): ProviderError {
  const rpcError = readRpcError(error);
  if (!rpcError) return new ProviderError('upstream_rejected', 'The server sent a response that is not valid JSON-RPC');
  return new ProviderError('upstream_rejected', `The server answered with error ${rpcError.code}`, { rpcError });
}
