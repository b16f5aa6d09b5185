import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import { askable } from './asked-client.js';
import { readChatId } from './chat-id.js';
import { answerEmpty, answerJson } from './http-answer.js';
import { Introductions } from './introductions.js';
import { invalidRequest, JsonRpcError, methodNotFound } from './json-rpc-error.js';
import { errorMessage, readMessage, resultMessage } from './json-rpc.js';
import { ListenSubscriptions } from './listen-subscriptions.js';
import { capabilitiesOf } from './modern-caller.js';
import { ModernCalls } from './modern-calls.js';
import { batchesAreGone, checkModernNotification, checkModernRequest } from './modern-request.js';
import { discoverResult } from './modern-result.js';
import { TaskExtension, TASKS_CAPABILITY } from './task-extension.js';
import { readView } from './view-query.js';

const LISTEN = 'subscriptions/listen';

/** `POST` in the modern era: every request stands alone. */
@Injectable()
export class ModernPost {
  constructor(
    private readonly calls: ModernCalls,
    private readonly subscriptions: ListenSubscriptions,
    private readonly introductions: Introductions,
    private readonly tasks: TaskExtension,
  ) {}

  /**
   * @param server whose endpoint it is, where it is not that of all
   * @throws JsonRpcError for what has no request id to answer
   */
  async handle(request: FastifyRequest, reply: FastifyReply, principal: Principal, server?: string): Promise<void> {
    if (Array.isArray(request.body)) throw batchesAreGone();
    const message = readMessage(request.body);
    if (message.kind === 'notification') {
      checkModernNotification(message.notification, request.headers);
      return answerEmpty(reply, 202);
    }
    if (message.kind !== 'request') throw invalidRequest('The body is neither a request nor a notification');
    let view;
    try {
      checkModernRequest(message.request, request.headers);
      if (!this.serves(message.request.method)) throw methodNotFound(message.request.method, 404);
      view = readView(request.query, server);
      readChatId(request.headers);
    } catch (error) {
      if (!(error instanceof JsonRpcError)) throw error;
      return answerJson(reply, error.status, errorMessage(message.request.id, error));
    }
    if (message.request.method === 'server/discover') {
      const client = askable(capabilitiesOf(message.request.params ?? {}));
      const introduction = this.introductions.of(view, principal, client);
      const tasks = this.tasks.isServed(view, principal) ? TASKS_CAPABILITY : undefined;
      const result = discoverResult(introduction, view.own === undefined, tasks);
      return answerJson(reply, 200, resultMessage(message.request.id, result));
    }
    const from = { message: message.request, request, principal, view };
    if (message.request.method === LISTEN) return this.subscriptions.open(from, reply);
    await this.calls.run(from, reply);
  }

  private serves(method: string): boolean {
    return method === 'server/discover' || method === LISTEN || this.calls.serves(method);
  }
}
