import { randomUUID } from 'node:crypto';
import { isObject } from '@manifold/async';
import { ProviderError, type OpenCall, type ServerRequest, type RawObject } from '@manifold/tool-provider';
import { ANSWER_WITHIN_MS, clientRefused, missingCapability, noAnswer, type CallClient } from './call-client.js';
import type { ClientSession } from './client-session.js';
import { METHOD_NOT_FOUND } from '../json-rpc/json-rpc-error.js';
import { notificationMessage, requestMessage, type JsonRpcResponse } from '../json-rpc/json-rpc.js';

/**
 * Sends requests to a client of the legacy era, on the stream of the request that caused them. The request ids cannot be guessed and are
 * valid only in their session. An answer therefore cannot reach another request.
 */
export class SessionClient implements CallClient {
  private call?: OpenCall;
  /** Ids of the open requests; undefined until the first request. */
  private open?: Set<string>;

  /** @param stream carries messages to the client before the result of its request */
  constructor(
    readonly capabilities: RawObject,
    private readonly session: ClientSession,
    private readonly stream: { send(message: string): void },
  ) {}

  get sessionKey(): string | undefined {
    return this.session.id;
  }

  begin(call: OpenCall): void {
    this.call = call;
  }

  end(): void {
    if (this.open?.size) this.withdraw([...this.open], new ProviderError('cancelled', 'The call has ended'));
    this.call = undefined;
  }

  async request(requests: Readonly<Record<string, ServerRequest>>): Promise<Readonly<Record<string, RawObject>>> {
    const call = this.call;
    if (!call) throw new ProviderError('cancelled', 'The call has ended');
    const { signal } = call.context;
    signal.throwIfAborted();
    const asked = Object.entries(requests);
    for (const [, request] of asked) this.requireCapability(request);
    call.pause();
    const ids = asked.map(() => randomUUID());
    const giveUp = (): void => this.withdraw(ids, signal.reason as ProviderError);
    signal.addEventListener('abort', giveUp, { once: true });
    const timer = setTimeout(() => this.withdraw(ids, noAnswer()), ANSWER_WITHIN_MS);
    try {
      const answers = asked.map(async ([name, request], index) => [name, await this.requestOne(ids[index]!, request)]);
      return Object.fromEntries(await Promise.all(answers)) as Record<string, RawObject>;
    } catch (error) {
      this.withdraw(ids, error as ProviderError);
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      call.resume();
    }
  }

  private requestOne(id: string, { method, params }: ServerRequest): Promise<RawObject> {
    return new Promise((resolve, reject) => {
      const settle = (answer: RawObject | ProviderError): void => {
        this.open?.delete(id);
        this.session.serverRequests?.delete(id);
        if (answer instanceof ProviderError) reject(answer);
        else resolve(answer);
      };
      (this.open ??= new Set()).add(id);
      (this.session.serverRequests ??= new Map()).set(id, { settle });
      this.stream.send(requestMessage(id, method, params));
    });
  }

  private requireCapability(request: ServerRequest): void {
    const missing = missingCapability(request, this.capabilities);
    if (!missing) return;
    const message = `The client does not serve ${request.method}`;
    throw clientRefused({ code: METHOD_NOT_FOUND, message, data: { requiredCapabilities: missing } });
  }

  /** Ends open requests with an error and tells the client that they are cancelled. */
  private withdraw(ids: readonly string[], reason: ProviderError): void {
    for (const id of ids) {
      if (!this.open?.has(id)) continue;
      this.session.serverRequests?.get(id)?.settle(reason);
      this.stream.send(notificationMessage('notifications/cancelled', { requestId: id, reason: reason.message }));
    }
  }
}

/** Passes a client's answer to the open request. @returns false for a late, repeated or foreign answer, which belongs to no open request */
export function takeAnswer({ serverRequests }: ClientSession, { id, result, error }: JsonRpcResponse): boolean {
  const request = typeof id === 'string' ? serverRequests?.get(id) : undefined;
  request?.settle(isObject(result) ? result : clientRefused(errorOf(error)));
  return request !== undefined;
}

const errorOf = (error: unknown): { code: number; message: string; data?: unknown } =>
  isObject(error) && Number.isSafeInteger(error.code) && typeof error.message === 'string'
    ? { code: error.code as number, message: error.message, data: error.data }
    : { code: -32603, message: 'The client answered neither with a result nor with an error' };
