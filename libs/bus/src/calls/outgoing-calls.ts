import { Logger } from '@nestjs/common';
import { ReplicaGoneError } from '../replica-gone-error.js';
import type { ErrorCodec, Topic } from '../topic.js';
import type { CallOptions } from './call.js';
import type { FromCalled, Send } from './call-envelope.js';

interface OutgoingCall {
  readonly id: number;
  readonly replica: string;
  readonly errors?: ErrorCodec;
  readonly onMessage?: (message: never) => unknown;
  /** Number of side messages that have arrived. */
  sides: number;
  /** Number of replies that were sent. */
  replies: number;
  answer(body: unknown): void;
  fail(error: unknown): void;
}

/** The calls that this replica has made and that have not ended. */
export class OutgoingCalls {
  private readonly logger = new Logger(OutgoingCalls.name);
  private readonly open = new Map<number, OutgoingCall>();
  private count = 0;

  constructor(private readonly send: Send) {}

  get size(): number {
    return this.open.size;
  }

  start<Message, Answer, Side, Reply>(
    replica: string,
    topic: Topic<Message, Answer, Side, Reply>,
    message: Message,
    { signal, onMessage }: CallOptions<Side, Reply>,
  ): Promise<Answer> {
    const id = (this.count += 1);
    const { name, errors } = topic;
    return new Promise<Answer>((resolve, reject) => {
      const cancelled = {
        handleEvent: (): void => {
          this.cancel(replica, id, errors?.write(signal?.reason));
          call.fail(signal?.reason);
        },
      };
      const end = (settle: () => void): void => {
        if (!this.open.delete(id)) return;
        signal?.removeEventListener('abort', cancelled);
        settle();
      };
      const call: OutgoingCall = {
        id,
        replica,
        errors,
        onMessage,
        sides: 0,
        replies: 0,
        answer: (body) => end(() => resolve(body as Answer)),
        fail: (error) => end(() => reject(error as Error)),
      };
      this.open.set(id, call);
      signal?.addEventListener('abort', cancelled);
      this.send(replica, { kind: 'ask', id, topic: name, body: message }).catch(call.fail);
    });
  }

  receive(envelope: FromCalled, from: string): void {
    const call = this.open.get(envelope.id);
    if (call?.replica !== from) {
      if (envelope.kind === 'running') this.cancel(from, envelope.id);
      return;
    }
    switch (envelope.kind) {
      case 'side':
        call.sides += 1;
        void this.pass(call, envelope);
        return;
      case 'answer':
        return call.answer(envelope.body);
      case 'failed':
        return call.fail(errorOf(call, envelope.error));
      case 'running':
        if (envelope.sides === call.sides) return;
        this.cancel(from, call.id);
        return call.fail(new ReplicaGoneError('Messages of the other replica were lost'));
    }
  }

  /** Finds out whether the called replicas are alive and still run the calls. */
  check(): void {
    for (const call of this.open.values())
      this.send(call.replica, { kind: 'waiting', id: call.id, replies: call.replies }).catch(call.fail);
  }

  failAll(error: ReplicaGoneError): void {
    for (const { fail } of this.open.values()) fail(error);
  }

  /** Passes a side message to the caller at once, and sends the reply when there is one. */
  private async pass(call: OutgoingCall, { body, number }: Extract<FromCalled, { kind: 'side' }>): Promise<void> {
    const { id, replica, errors } = call;
    try {
      const reply = await call.onMessage?.(body as never);
      if (number !== undefined) this.reply(call, { kind: 'reply', id, number, body: reply });
    } catch (err) {
      const error = errors?.write(err);
      if (error === undefined) this.logger.warn({ msg: 'a message of a call failed', replica, err });
      if (number !== undefined) this.reply(call, { kind: 'refused', id, number, error });
    }
  }

  private reply(call: OutgoingCall, envelope: Parameters<Send>[1]): void {
    if (!this.open.has(call.id)) return;
    call.replies += 1;
    this.send(call.replica, envelope).catch(call.fail);
  }

  private cancel(replica: string, id: number, reason?: unknown): void {
    this.send(replica, { kind: 'cancel', id, reason }).catch(() => undefined);
  }
}

const errorOf = ({ errors }: OutgoingCall, error: unknown): Error =>
  errors && error !== undefined ? errors.read(error) : new ReplicaGoneError('The replica could not answer');
