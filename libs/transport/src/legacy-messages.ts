import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, Topic, type Unsubscribe } from '@manifold/bus';
import { initializeResult, readInitialize } from './initialize.js';
import type { ClientSession } from './client-session.js';
import { Introductions } from './introductions.js';
import { JsonRpcError, methodNotFound } from './json-rpc-error.js';
import {
  errorMessage,
  resultMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type Message,
  type RequestId,
} from './json-rpc.js';
import { JsonText, type MethodResult } from './method-handler.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { Methods } from './methods.js';
import { RequestRunner, type Caller } from './request-runner.js';
import { takeAnswer } from './session-client.js';
import type { Text } from './spliced-text.js';

/** For the replica that runs the request: which one that is, the client cannot know. */
const CANCELLED = new Topic<{ readonly session: string; readonly requestId: RequestId }>('sessions.cancelled');
/** For the replica that has asked. */
const ANSWERED = new Topic<{ readonly session: string; readonly response: JsonRpcResponse }>('sessions.answered');

/** What clients of the legacy era send, whichever transport brought it. */
@Injectable()
export class LegacyMessages implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(LegacyMessages.name);
  private unsubscribe: Unsubscribe[] = [];

  constructor(
    private readonly methods: Methods,
    private readonly runner: RequestRunner,
    private readonly introductions: Introductions,
    private readonly sessions: LegacySessions,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = [
      this.bus.onAnnounced(CANCELLED, ({ session, requestId }) => {
        this.sessions.served(session)?.calls.get(requestId)?.cancel();
      }),
      this.bus.onAnnounced(ANSWERED, ({ session, response }) => {
        const served = this.sessions.served(session);
        if (served) takeAnswer(served, response);
      }),
    ];
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
  }

  /** @returns the response; undefined for a cancelled request, which gets none */
  async answer(request: JsonRpcRequest, caller: Caller): Promise<Text | undefined> {
    try {
      const result = await this.result(request, caller);
      return result === undefined ? undefined : resultMessage(request.id, result);
    } catch (error) {
      if (error instanceof JsonRpcError) return errorMessage(request.id, error);
      throw error;
    }
  }

  /** What the client sends without waiting for an answer. Notifications that nobody knows are ignored, as JSON-RPC wants it. */
  async receive(message: Message, session: ClientSession): Promise<void> {
    if (message.kind === 'notification') await this.notified(message.notification, session);
    if (message.kind === 'response') await this.answered(message.response, session);
  }

  private async notified({ method, params }: JsonRpcNotification, { calls, id }: ClientSession): Promise<void> {
    if (method !== 'notifications/cancelled') return;
    const requestId = params?.requestId as RequestId;
    const call = calls.get(requestId);
    if (call) call.cancel();
    else if (id !== undefined) await this.bus.announce(CANCELLED, { session: id, requestId });
  }

  private async answered(response: JsonRpcResponse, session: ClientSession): Promise<void> {
    if (takeAnswer(session, response)) return;
    this.logger.debug({ msg: 'an answer to no open question of its session here' });
    if (session.id !== undefined) await this.bus.announce(ANSWERED, { session: session.id, response });
  }

  private async result(request: JsonRpcRequest, caller: Caller): Promise<Text | undefined> {
    if (request.method === 'ping') return '{}';
    if (request.method === 'initialize') {
      const introduction = this.introductions.of(caller.view, caller.principal, caller.client?.capabilities);
      return initializeResult(readInitialize(request.params).protocolVersion, introduction);
    }
    const handler = this.methods.findInSession(request.method);
    if (!handler) throw methodNotFound(request.method);
    return this.runner.run(request, handler, caller, encode);
  }
}

/** Results of the legacy era go out as they came. */
const encode = (result: MethodResult): Text => (result instanceof JsonText ? result.text : JSON.stringify(result));
