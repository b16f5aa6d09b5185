import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import { sourceOf } from '@manifold/observability';
import { answerEmpty, answerJson } from '../http/http-answer.js';
import { acceptsStream, readChatId, requireStreamAccepted } from '../http/request-checks.js';
import { readView } from '../http/view-query.js';
import { invalidRequest, JsonRpcError, methodNotFound } from '../json-rpc/json-rpc-error.js';
import { errorMessage, readMessage, resultMessage } from '../json-rpc/json-rpc.js';
import { RequestRunner } from '../methods/request-runner.js';
import { EventStreams } from '../sessions/event-streams.js';
import { PostAnswer } from '../sessions/post-answer.js';
import { Discovery } from './discovery.js';
import { ListenSubscriptions } from './listen-subscriptions.js';
import type { Outcome } from './modern-call.js';
import { ModernCaller } from './modern-caller.js';
import { modernError } from './modern-error.js';
import { batchesAreGone, checkModernNotification, checkModernRequest, type ModernRequest } from './modern-request.js';
import { modernReadResult, modernResult } from './modern-result.js';
import { RoundTrips } from './round-trips.js';

const DISCOVER = 'server/discover';
const LISTEN = 'subscriptions/listen';

/** Handles `POST` in the modern era. Requests need no session. A client cancels a request by closing the connection. */
@Injectable()
export class ModernPost {
  constructor(
    private readonly runner: RequestRunner,
    private readonly streams: EventStreams,
    private readonly roundTrips: RoundTrips,
    private readonly subscriptions: ListenSubscriptions,
    private readonly discovery: Discovery,
  ) {}

  /**
   * @param server name of the server if the request came to that server's own endpoint
   * @throws JsonRpcError for an error in a body that has no request id
   */
  async handle(request: FastifyRequest, reply: FastifyReply, principal: Principal, server?: string): Promise<void> {
    if (Array.isArray(request.body)) throw batchesAreGone();
    const message = readMessage(request.body);
    if (message.kind === 'notification') {
      checkModernNotification(message.notification, request.headers);
      return answerEmpty(reply, 202);
    }
    if (message.kind !== 'request') throw invalidRequest('The body is neither a request nor a notification');
    const { id, method } = message.request;
    let view;
    try {
      checkModernRequest(message.request, request.headers);
      if (!this.serves(method)) throw methodNotFound(method, 404);
      if (method === LISTEN) requireStreamAccepted(request);
      view = readView(request.query, server);
      readChatId(request.headers);
    } catch (error) {
      if (!(error instanceof JsonRpcError)) throw error;
      return answerJson(reply, error.status, errorMessage(id, error));
    }
    const from = { message: message.request, request, principal, view };
    if (method === DISCOVER) return answerJson(reply, 200, resultMessage(id, this.discovery.resultFor(from)));
    if (method === LISTEN) return this.subscriptions.open(from, reply);
    await this.answer(from, reply);
  }

  private serves(method: string): boolean {
    return method === DISCOVER || method === LISTEN || this.runner.servesModernEra(method);
  }

  private async answer(from: ModernRequest, reply: FastifyReply): Promise<void> {
    const { id } = from.message;
    const answer = new PostAnswer(reply, this.streams, acceptsStream(from.request));
    try {
      const outcome = this.roundTrips.continues(from.message)
        ? await this.roundTrips.resume(from, reply, answer)
        : await this.run(from, reply, answer);
      const result = this.roundTrips.resultOf(outcome, from);
      answer.end(result === undefined ? undefined : resultMessage(id, result));
    } catch (error) {
      if (!(error instanceof JsonRpcError)) throw error;
      const refusal = modernError(error);
      answer.end(errorMessage(id, refusal), refusal.status);
    }
  }

  /** @throws JsonRpcError */
  private async run(from: ModernRequest, reply: FastifyReply, answer: PostAnswer): Promise<Outcome> {
    const { message, request, principal, view } = from;
    const caller = new ModernCaller(principal, sourceOf(request), view, message.params ?? {}, request.headers);
    const call = this.roundTrips.callOf(message, caller);
    const encode = message.method === 'resources/read' ? modernReadResult : modernResult;
    caller.answer = answer;
    reply.raw.once('close', () => {
      if (caller.answer === answer) caller.cancel();
    });
    const running = this.runner.run(message, caller, encode);
    return call ? this.roundTrips.outcome(call, running) : { kind: 'result', text: await running };
  }
}
