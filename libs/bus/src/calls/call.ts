import type { Cancellation } from '@manifold/async';

/** Options of a call. */
export interface CallOptions<Side, Reply> {
  /** Cancels the call, at the called replica, too. The call rejects at once with the signal's reason. */
  readonly signal?: Cancellation;
  /** Receives the side messages, in order. Not called after the call has ended. @returns the reply, if the called replica asks for one */
  readonly onMessage?: (message: Side) => Reply | void | Promise<Reply | void>;
}

/** A call, at the replica that was called. */
export interface IncomingCall<Side = never, Reply = undefined> {
  /** The replica of the caller. */
  readonly from: string;
  /** Aborts when the caller cancels the call, ends or cannot be reached. The answer then reaches no one. */
  readonly signal: Cancellation;
  /** Sends a side message. The caller receives it before the answer. Does nothing after the call has ended. */
  tell(message: Side): void;
  /**
   * Sends a side message and waits for the reply.
   * @throws the caller's error, if it is of the topic's family; the reason of `signal`; ReplicaGoneError
   */
  ask(message: Side): Promise<Reply>;
}

/** Answers a call. Errors of the topic's family reach the caller; other errors are logged here. */
export type CallHandler<Message, Answer, Side, Reply> = (
  message: Message,
  call: IncomingCall<Side, Reply>,
) => Promise<Answer>;
