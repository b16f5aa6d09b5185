import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import type { View } from '@manifold/tool-registry';
import { sourceOf } from '@manifold/tracing';
import { EventStreams } from './event-streams.js';
import { JsonRpcError } from './json-rpc-error.js';
import { errorMessage, resultMessage, type JsonRpcRequest } from './json-rpc.js';
import { Methods } from './methods.js';
import { ModernCall, readAnswers, type Outcome } from './modern-call.js';
import { capabilitiesOf, ModernCaller, readContinuation } from './modern-caller.js';
import { modernError } from './modern-error.js';
import { inputRequired, modernReadResult, modernResult } from './modern-result.js';
import { ParkedCalls } from './parked-calls.js';
import { PostAnswer } from './post-answer.js';
import { RemoteCalls } from './remote-calls.js';
import { RequestRunner } from './request-runner.js';
import { RequestStates } from './request-state.js';
import { TaskExtension } from './task-extension.js';
import { TASK_METHODS } from './task-methods.js';

/** What may be answered by questions (2026-07-28, basic/patterns/mrtr, "Supported requests"). */
const MAY_ASK: readonly string[] = ['tools/call', 'prompts/get', 'resources/read'];

/** A request of the modern era, and who sent it. */
export interface ModernRequest {
  readonly message: JsonRpcRequest;
  readonly request: FastifyRequest;
  readonly principal: Principal;
  readonly view: View;
}

/** Runs the methods of the modern era. In this era a client that closes the connection has cancelled its request. */
@Injectable()
export class ModernCalls {
  constructor(
    private readonly methods: Methods,
    private readonly runner: RequestRunner,
    private readonly streams: EventStreams,
    private readonly parked: ParkedCalls,
    private readonly remote: RemoteCalls,
    private readonly states: RequestStates,
    private readonly tasks: TaskExtension,
  ) {}

  serves(method: string): boolean {
    return this.methods.findInModernEra(method) !== undefined;
  }

  async run(from: ModernRequest, reply: FastifyReply): Promise<void> {
    const { message, principal, view } = from;
    const answer = new PostAnswer(reply, this.streams);
    try {
      const outcome = await this.outcome(from, reply, answer);
      if (outcome.kind === 'failure') throw outcome.error;
      if (outcome.kind === 'questions') {
        const state = this.states.mint(outcome.id, message, principal, view, Date.now());
        return answer.end(resultMessage(message.id, inputRequired(outcome.questions, state)));
      }
      answer.end(outcome.text === undefined ? undefined : resultMessage(message.id, outcome.text));
    } catch (error) {
      if (!(error instanceof JsonRpcError)) throw error;
      const refusal = modernError(error);
      answer.end(errorMessage(message.id, refusal), refusal.status);
    }
  }

  /** @throws JsonRpcError */
  private async outcome(from: ModernRequest, reply: FastifyReply, answer: PostAnswer): Promise<Outcome> {
    const { message, request, principal, view } = from;
    const { method, params = {} } = message;
    const mayAsk = MAY_ASK.includes(method);
    if (mayAsk && params.requestState !== undefined) return this.goOn(from, reply, answer);

    const caller = new ModernCaller(principal, sourceOf(request), view, params, request.headers);
    const meetsClient = mayAsk || TASK_METHODS.includes(method);
    const capabilities = meetsClient
      ? this.tasks.relayedCapabilities(capabilitiesOf(params), view, principal)
      : undefined;
    const call = capabilities && new ModernCall(caller, readAnswers(params), capabilities);
    const encode = method === 'resources/read' ? modernReadResult : modernResult;
    caller.answer = answer;
    reply.raw.once('close', () => {
      if (caller.answer === answer) caller.cancel();
    });
    const running = this.runner.run(message, this.methods.findInModernEra(method)!, caller, encode);
    if (!call) return { kind: 'result', text: await running };
    call.start(running);
    return this.parked.untilAsked(call);
  }

  /** The call that the client has the answers for. @throws JsonRpcError -32602 */
  private goOn({ message, principal, view }: ModernRequest, reply: FastifyReply, answer: PostAnswer): Promise<Outcome> {
    const { params = {} } = message;
    const [answers, continuation] = [readAnswers(params), readContinuation(params)];
    const id = this.states.read(params.requestState, message, principal, view, Date.now());
    const [outcome, cancel] = this.remote.goOn({ id, answers, continuation }, answer);
    reply.raw.once('close', cancel);
    return outcome;
  }
}
