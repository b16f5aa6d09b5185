import { Injectable, Logger } from '@nestjs/common';
import { initializeResult, readInitialize } from './initialize.js';
import type { ClientSession } from './client-session.js';
import { Introductions } from './introductions.js';
import { JsonRpcError, methodNotFound } from './json-rpc-error.js';
import {
  errorMessage,
  resultMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type Message,
  type RequestId,
} from './json-rpc.js';
import { JsonText, type MethodResult } from './method-handler.js';
import { Methods } from './methods.js';
import { RequestRunner, type Caller } from './request-runner.js';
import { takeAnswer } from './session-client.js';
import type { Text } from './spliced-text.js';

/** What clients of the legacy era send, whichever transport brought it. */
@Injectable()
export class LegacyMessages {
  private readonly logger = new Logger(LegacyMessages.name);

  constructor(
    private readonly methods: Methods,
    private readonly runner: RequestRunner,
    private readonly introductions: Introductions,
  ) {}

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
  receive(message: Message, session: ClientSession): void {
    if (message.kind === 'notification') this.notified(message.notification, session);
    if (message.kind === 'response' && !takeAnswer(session, message.response)) {
      this.logger.debug({ msg: 'an answer to no open question of its session was ignored' });
    }
  }

  private notified({ method, params }: JsonRpcNotification, { calls }: ClientSession): void {
    if (method === 'notifications/cancelled') calls.get(params?.requestId as RequestId)?.cancel();
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
