import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Bus, OnAnnounced, Topic } from '@manifold/bus';
import type { RequestSource } from '@manifold/observability';
import type { RawObject } from '@manifold/tool-provider';
import type { View } from '@manifold/tool-registry';
import type { OpenCalls } from '../json-rpc/calls-in-flight.js';
import { JsonRpcError } from '../json-rpc/json-rpc-error.js';
import {
  errorMessage,
  resultMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type Message,
  type RequestId,
} from '../json-rpc/json-rpc.js';
import type { LogLevel } from '../json-rpc/log-level.js';
import type { Text } from '../json-rpc/spliced-text.js';
import { JsonText, type EnabledTools, type MethodResult } from '../methods/method-handler.js';
import { RequestRunner, type Caller } from '../methods/request-runner.js';
import { SessionTools } from '../methods/session-tools.js';
import type { CallClient } from '../sessions/call-client.js';
import type { ClientSession } from '../sessions/client-session.js';
import { initializeResult, readInitialize } from '../sessions/initialize.js';
import { Introductions } from '../sessions/introductions.js';
import { LegacySessions } from '../sessions/legacy-sessions.service.js';
import { SessionClient, takeAnswer } from '../sessions/session-client.js';

/** Takes the messages that precede the result of a request. */
interface Outlet {
  /** Whether the messages reach the client. */
  readonly isOpen: boolean;
  send(message: string): void;
}

interface Cancelled {
  readonly session: string;
  readonly requestId: RequestId;
}

interface Answered {
  readonly session: string;
  readonly response: JsonRpcResponse;
}

/** Tells the other replicas that a client has cancelled a request. The client cannot know which replica runs it. */
const CANCELLED = new Topic<Cancelled>('sessions.cancelled');
/** Passes a client's answer to the other replicas, because one of them may have sent the request. */
const ANSWERED = new Topic<Answered>('sessions.answered');

/** Handles the messages of legacy clients, for both transports. */
@Injectable()
export class LegacyMessages {
  private readonly logger = new Logger(LegacyMessages.name);

  constructor(
    private readonly runner: RequestRunner,
    private readonly introductions: Introductions,
    private readonly sessions: LegacySessions,
    private readonly tools: SessionTools,
    private readonly bus: Bus,
  ) {}

  @OnAnnounced(CANCELLED)
  onCancelled({ session, requestId }: Cancelled): void {
    this.sessions.served(session)?.calls.cancel(requestId);
  }

  @OnAnnounced(ANSWERED)
  onAnswered({ session, response }: Answered): void {
    const served = this.sessions.served(session);
    if (served) takeAnswer(served, response);
  }

  /**
   * Runs a request.
   * @param stream carries the messages that precede the result
   * @returns the response; undefined for a cancelled request, which gets none
   */
  async answer(
    request: JsonRpcRequest,
    session: ClientSession,
    principal: Principal,
    source: RequestSource,
    stream: Outlet,
  ): Promise<Text | undefined> {
    const enabled = session.view.isDynamic
      ? this.tools.of(session, principal, (message) => stream.send(message))
      : undefined;
    try {
      const result = await this.result(request, new LegacyCaller(session, principal, source, enabled, stream));
      return result === undefined ? undefined : resultMessage(request.id, result);
    } catch (error) {
      if (error instanceof JsonRpcError) return errorMessage(request.id, error);
      throw error;
    }
  }

  /** Handles notifications and responses of the client. Unknown notifications are ignored, as JSON-RPC requires. */
  async receive(message: Message, session: ClientSession): Promise<void> {
    if (message.kind === 'notification') await this.notified(message.notification, session);
    if (message.kind === 'response') await this.answered(message.response, session);
  }

  private async notified({ method, params }: JsonRpcNotification, { calls, id }: ClientSession): Promise<void> {
    if (method !== 'notifications/cancelled') return;
    const requestId = params?.requestId as RequestId;
    if (!calls.cancel(requestId) && id !== undefined) await this.bus.announce(CANCELLED, { session: id, requestId });
  }

  private async answered(response: JsonRpcResponse, session: ClientSession): Promise<void> {
    if (takeAnswer(session, response)) return;
    this.logger.debug({ msg: 'response matches no open request of its session on this replica' });
    if (session.id !== undefined) await this.bus.announce(ANSWERED, { session: session.id, response });
  }

  private async result(request: JsonRpcRequest, caller: Caller): Promise<Text | undefined> {
    if (request.method === 'ping') return '{}';
    if (request.method === 'initialize') {
      const introduction = this.introductions.of(caller.view, caller.principal, caller.client?.capabilities);
      return initializeResult(readInitialize(request.params).protocolVersion, introduction);
    }
    return this.runner.run(request, caller, encode);
  }
}

/** Returns the result as JSON text. The legacy era adds nothing to it. */
const encode = (result: MethodResult): Text => (result instanceof JsonText ? result.text : JSON.stringify(result));

/** The client of one request in the legacy era. */
class LegacyCaller implements Caller {
  readonly client?: CallClient;
  progressToken?: RequestId;

  /** @param stream carries the messages that precede the result */
  constructor(
    readonly session: ClientSession,
    readonly principal: Principal,
    readonly source: RequestSource,
    readonly enabled: EnabledTools | undefined,
    private readonly stream: Outlet,
  ) {
    if (session.capabilities && stream.isOpen) {
      this.client = new SessionClient(session.capabilities, session, stream);
    }
  }

  get view(): View {
    return this.session.view;
  }

  get capabilities(): RawObject | undefined {
    return this.client?.capabilities;
  }

  get calls(): OpenCalls {
    return this.session.calls;
  }

  get takesUrls(): boolean {
    return this.session.takesUrls;
  }

  get logLevel(): LogLevel | undefined {
    return this.session.logLevel;
  }

  send(message: string): void {
    this.stream.send(message);
  }
}
