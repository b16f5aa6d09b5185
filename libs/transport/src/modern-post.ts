import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import type { View } from '@manifold/tool-registry';
import { readChatId } from './chat-id.js';
import { cancelAll, type OpenCalls } from './calls-in-flight.js';
import { EventStreams } from './event-streams.js';
import { answerEmpty, answerJson } from './http-answer.js';
import { Introductions } from './introductions.js';
import { invalidRequest, JsonRpcError, methodNotFound } from './json-rpc-error.js';
import { errorMessage, metaOf, readMessage, resultMessage, type JsonRpcRequest } from './json-rpc.js';
import { batchesAreGone, checkModernNotification, checkModernRequest } from './modern-request.js';
import { modernError } from './modern-error.js';
import { discoverResult, modernReadResult, modernResult } from './modern-result.js';
import { Methods } from './methods.js';
import { PostAnswer } from './post-answer.js';
import { CLIENT_CAPABILITIES_KEY } from './request-meta.js';
import { RequestRunner } from './request-runner.js';
import { takesUrls } from './url-elicitation.js';
import { readView } from './view-query.js';

/** `POST` in the modern era: every request stands alone. */
@Injectable()
export class ModernPost {
  constructor(
    private readonly methods: Methods,
    private readonly runner: RequestRunner,
    private readonly streams: EventStreams,
    private readonly introductions: Introductions,
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
      const result = discoverResult(this.introductions.of(view, principal), view.own === undefined);
      return answerJson(reply, 200, resultMessage(message.request.id, result));
    }
    await this.run(message.request, request, reply, principal, view);
  }

  private serves(method: string): boolean {
    return method === 'server/discover' || this.methods.find(method) !== undefined;
  }

  /** In this era a client that closes the connection has cancelled its request. */
  private async run(
    message: JsonRpcRequest,
    { id: requestId }: FastifyRequest,
    reply: FastifyReply,
    principal: Principal,
    view: View,
  ): Promise<void> {
    const answer = new PostAnswer(reply, this.streams);
    const calls: OpenCalls = new Map();
    const send = (text: string): void => answer.send(text);
    const { params } = message;
    const takesUrlResults = params?.inputResponses === undefined && takesUrls(metaOf(params)[CLIENT_CAPABILITIES_KEY]);
    const caller = { principal, requestId, calls, takesUrls: false, takesUrlResults, view, send };
    reply.raw.once('close', () => cancelAll(calls));
    try {
      const handler = this.methods.find(message.method)!;
      const encode = message.method === 'resources/read' ? modernReadResult : modernResult;
      const result = await this.runner.run(message, handler, caller, encode);
      answer.end(result === undefined ? undefined : resultMessage(message.id, result));
    } catch (error) {
      if (!(error instanceof JsonRpcError)) throw error;
      const refusal = modernError(error);
      answer.end(errorMessage(message.id, refusal), refusal.status);
    }
  }
}
