import { randomUUID } from 'node:crypto';
import { ProviderError, type OpenCall, type Question, type RawObject } from '@manifold/tool-provider';
import { ANSWER_WITHIN_MS, clientRefused, missingCapability, noAnswer, type AskedClient } from './asked-client.js';
import type { ClientSession } from './client-session.js';
import { METHOD_NOT_FOUND } from './json-rpc-error.js';
import { isObject, notificationMessage, requestMessage, type JsonRpcResponse } from './json-rpc.js';

/**
 * Asks a client of the legacy era, by requests on the stream of the request that caused them. Their ids cannot be guessed, and count
 * in the session in which they were sent: an answer reaches the question that it is for, or none.
 */
export class SessionClient implements AskedClient {
  private call?: OpenCall;
  /** Once there was a question. */
  private open?: Set<string>;

  /** @param stream reaches the client before the result of the request */
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

  async ask(questions: Readonly<Record<string, Question>>): Promise<Readonly<Record<string, RawObject>>> {
    const call = this.call;
    if (!call) throw new ProviderError('cancelled', 'The call has ended');
    const { signal } = call.context;
    signal.throwIfAborted();
    const asked = Object.entries(questions);
    for (const [, question] of asked) this.requireCapability(question);
    call.pause();
    const ids = asked.map(() => randomUUID());
    const giveUp = (): void => this.withdraw(ids, signal.reason as ProviderError);
    signal.addEventListener('abort', giveUp, { once: true });
    const timer = setTimeout(() => this.withdraw(ids, noAnswer()), ANSWER_WITHIN_MS);
    try {
      const answers = asked.map(async ([name, question], index) => [name, await this.askOne(ids[index]!, question)]);
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

  private askOne(id: string, { method, params }: Question): Promise<RawObject> {
    return new Promise((resolve, reject) => {
      const settle = (answer: RawObject | ProviderError): void => {
        this.open?.delete(id);
        this.session.questions?.delete(id);
        if (answer instanceof ProviderError) reject(answer);
        else resolve(answer);
      };
      (this.open ??= new Set()).add(id);
      (this.session.questions ??= new Map()).set(id, { settle });
      this.stream.send(requestMessage(id, method, params));
    });
  }

  private requireCapability(question: Question): void {
    const missing = missingCapability(question, this.capabilities);
    if (!missing) return;
    const message = `The client does not serve ${question.method}`;
    throw clientRefused({ code: METHOD_NOT_FOUND, message, data: { requiredCapabilities: missing } });
  }

  /** The client need not answer these any more. */
  private withdraw(ids: readonly string[], reason: ProviderError): void {
    for (const id of ids) {
      if (!this.open?.has(id)) continue;
      this.session.questions?.get(id)?.settle(reason);
      this.stream.send(notificationMessage('notifications/cancelled', { requestId: id, reason: reason.message }));
    }
  }
}

/** @returns whether the session was waiting for this answer: one that is late, repeated or foreign is for nobody */
export function takeAnswer({ questions }: ClientSession, { id, result, error }: JsonRpcResponse): boolean {
  const question = typeof id === 'string' ? questions?.get(id) : undefined;
  question?.settle(isObject(result) ? result : clientRefused(errorOf(error)));
  return question !== undefined;
}

const errorOf = (error: unknown): { code: number; message: string; data?: unknown } =>
  isObject(error) && Number.isSafeInteger(error.code) && typeof error.message === 'string'
    ? { code: error.code as number, message: error.message, data: error.data }
    : { code: -32603, message: 'The client answered neither with a result nor with an error' };
