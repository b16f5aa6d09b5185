import { ProviderError } from '@manifold/tool-provider';
import { UnderWay } from '@manifold/turns';
import type { LogRing } from './log-ring.js';
import { NotSentError } from './not-sent-error.js';
import { abortReason, PendingRequest } from './pending-request.js';
import type { OutgoingMessage, Pipe, PipeReceiver } from './pipe.js';
import { asRpcError, isObject, isRpcId, withProgressToken } from './rpc-values.js';
import { logLine } from './server-log.js';
import { ServerQuestions } from './server-questions.js';
import type { RawObject, RequestOptions } from './upstream-connection.js';

type NotificationListener = (params: RawObject) => void;

/**
 * JSON-RPC over a pipe: many requests at a time, each with its answer, its progress and its cancellation. Messages pass
 * raw; what does not fit the protocol is ignored with one log line.
 *
 * 1. construct, 2. `start` with a pipe that reports to this object, 3. requests, 4. `close`, or the pipe is lost.
 */
export class JsonRpcConnection implements PipeReceiver {
  private readonly pending = new UnderWay<number, PendingRequest>();
  private readonly listeners = new Map<string, NotificationListener[]>();
  private readonly closed: ((reason: string) => void)[] = [];
  private readonly questions = new ServerQuestions((answer) => this.post(answer));
  private readonly onAbort = (request: PendingRequest): void => this.cancel(request);
  private pipe: Pipe | undefined;
  private lastId = 0;
  /** Why the connection is gone, for those who call. */
  private goneBecause: string | undefined;
  /** Why it ended by itself, for an operator. */
  private lostBecause: string | undefined;

  /**
   * @param isLane only one request at a time has a client or reads logs: what the server says without naming a request belongs to
   * that one
   */
  constructor(
    private readonly log: LogRing,
    private readonly isLane = false,
  ) {}

  start(pipe: Pipe): void {
    this.pipe = pipe;
  }

  request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    const { signal, onProgress, meta } = options;
    if (signal.aborted) return Promise.reject(abortReason(signal));
    const { pipe } = this;
    if (!pipe || this.goneBecause !== undefined) {
      return Promise.reject(new NotSentError(this.goneBecause ?? 'The server is not connected'));
    }
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.pending.set(id, new PendingRequest(id, method, options, resolve, reject, this.onAbort));
      try {
        const token = onProgress && id;
        const delivery = pipe.send({
          jsonrpc: '2.0',
          id,
          method,
          params: withProgressToken(meta ? { ...params, _meta: meta } : params, token),
        });
        delivery?.catch((error: ProviderError) => this.failed(id, error));
      } catch (error) {
        this.failed(id, error as ProviderError);
      }
    });
  }

  /** Resolves when the server has it, as far as the pipe can tell. */
  async notify(method: string, params?: RawObject): Promise<void> {
    await this.pipe?.send({ jsonrpc: '2.0', method, params });
  }

  /** Hears of notifications of one method. Progress is not among them: it belongs to its request. */
  onNotification(method: string, listener: NotificationListener): void {
    this.listeners.set(method, [...(this.listeners.get(method) ?? []), listener]);
  }

  onClosed(listener: (reason: string) => void): void {
    const reason = this.lostBecause;
    if (reason === undefined) this.closed.push(listener);
    else queueMicrotask(() => listener(reason));
  }

  /** Ends what is pending. The pipe is closed by its owner. */
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

  lost(reason: string, lastWords?: string): void {
    if (this.goneBecause !== undefined) return;
    this.lostBecause = lastWords === undefined ? reason : `${reason}: ${lastWords}`;
    // Whoever starts a server may read what it wrote; whoever calls a tool may not.
    const starting = [...this.pending.values()].find((request) => request.method === 'initialize');
    if (starting) this.failed(starting.id, new ProviderError('upstream_unavailable', this.lostBecause));
    this.end(reason);
    for (const listener of this.closed) listener(this.lostBecause);
  }

  private receivedOne(message: unknown, cause: number | undefined): void {
    if (!isObject(message)) return this.log.add('Ignored: a message that is no JSON-RPC object');
    if (typeof message.method === 'string') {
      if (isRpcId(message.id)) this.questions.asked(message.id, message.method, message.params, this.owner(cause));
      else this.notified(message.method, message.params, cause);
      return;
    }
    const request = typeof message.id === 'number' ? this.take(message.id) : undefined;
    if (!request) return this.log.add('Ignored: an answer to no open request');
    if (isObject(message.result)) request.succeed(message.result);
    else request.fail(rejection(message.error));
  }

  private notified(method: string, params: unknown, cause: number | undefined): void {
    if (method === 'notifications/progress') return this.progressed(params);
    if (method === 'notifications/message') return this.logged(params, cause);
    if (method === 'notifications/cancelled' && isObject(params)) this.questions.withdrawn(params.requestId);
    for (const listener of this.listeners.get(method) ?? []) listener(isObject(params) ? params : {});
  }

  /** Whose message it is, where that is certain. */
  private owner(cause: number | undefined): PendingRequest | undefined {
    if (cause !== undefined) return this.pending.get(cause);
    if (!this.isLane) return undefined;
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
    if (typeof progressToken !== 'number') return;
    this.pending.get(progressToken)?.progress({ ...rest, progress: params.progress });
  }

  private cancel(request: PendingRequest): void {
    this.take(request.id);
    const reason = request.abortReason();
    // The specification (basic/utilities/cancellation) forbids cancelling initialize.
    if (request.method !== 'initialize') {
      const params = { requestId: request.id, reason: reason.message };
      this.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    }
    this.pipe?.abandon?.(request.id);
    request.fail(reason);
  }

  /** For messages that nobody waits for. */
  private post(message: OutgoingMessage): void {
    try {
      this.pipe?.send(message)?.catch(() => this.log.add('A message could not be delivered'));
    } catch {
      this.log.add('A message could not be delivered');
    }
  }

  private failed(id: number, error: ProviderError): void {
    this.take(id)?.fail(error);
  }

  private take(id: number): PendingRequest | undefined {
    const request = this.pending.take(id);
    if (request) this.questions.ended(request);
    return request;
  }

  private end(reason: string): void {
    if (this.goneBecause !== undefined) return;
    this.goneBecause = reason;
    this.questions.close();
    for (const id of [...this.pending.keys()]) this.failed(id, new ProviderError('upstream_unavailable', reason));
  }
}

function rejection(error: unknown): ProviderError {
  const rpcError = asRpcError(error);
  if (!rpcError) return new ProviderError('upstream_rejected', 'The server gave an answer that is no JSON-RPC');
  return new ProviderError('upstream_rejected', `The server answered with error ${rpcError.code}`, { rpcError });
}
