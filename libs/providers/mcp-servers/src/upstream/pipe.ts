import type { CloseOptions, RawObject } from './upstream-connection.js';

export type RpcId = string | number;

export interface RpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: number;
  readonly method: string;
  readonly params: RawObject;
}

export interface RpcNotification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: RawObject;
}

/** Our answer to a request of the server. */
export interface RpcAnswer {
  readonly jsonrpc: '2.0';
  readonly id: RpcId;
  readonly result?: RawObject;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export type OutgoingMessage = RpcRequest | RpcNotification | RpcAnswer;

/** Carries JSON-RPC messages to one server and back. */
export interface Pipe {
  /**
   * Throws, or rejects with, a ProviderError when the message cannot be delivered, or when it is a request and its answer
   * will not come. A pipe that knows nothing about that returns nothing, so that the hot path makes no promise.
   */
  send(message: OutgoingMessage): Promise<void> | undefined;
  /** Nobody waits for the answer to this request any more. */
  abandon?(id: number): void;
  /** The version that `initialize` has agreed on. */
  agreedOn?(protocolVersion: string): void;
  /** Never rejects. */
  close(options?: CloseOptions): Promise<void>;
}

/** Who gets what comes out of a pipe. */
export interface PipeReceiver {
  /**
   * One parsed message, or a batch of them: not checked.
   * @param cause id of the request on whose stream it came, where each request has a stream of its own
   */
  received(message: unknown, cause?: number): void;
  /**
   * The pipe has ended by itself.
   * @param reason in words for whoever called, without anything that the server wrote
   * @param lastWords what the server wrote before, for an operator
   */
  lost(reason: string, lastWords?: string): void;
}
