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

/** The answer to a request of the server. */
export interface RpcAnswer {
  readonly jsonrpc: '2.0';
  readonly id: RpcId;
  readonly result?: RawObject;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export type OutgoingMessage = RpcRequest | RpcNotification | RpcAnswer;

/** Carries JSON-RPC messages to one server and back. */
export interface Transport {
  /**
   * Sends a message. Throws, or rejects with, a ProviderError when the message cannot be delivered, or when it is a request
   * whose answer will not arrive. A transport that cannot know that returns undefined, so that the hot path creates no
   * promise.
   */
  send(message: OutgoingMessage): Promise<void> | undefined;
  /** Notes that the caller no longer waits for the answer to this request. */
  abandon?(id: number): void;
  /** Sets the protocol version that `initialize` agreed on. */
  agreedOn?(protocolVersion: string): void;
  /** Never rejects. */
  close(options?: CloseOptions): Promise<void>;
}

/** Receives the messages of a transport and its end. */
export interface TransportReceiver {
  /**
   * Receives one parsed message or a batch of messages, not yet validated.
   * @param cause id of the request on whose stream the message arrived, if each request has a stream of its own
   */
  received(message: unknown, cause?: number): void;
  /** Fails a request whose answer has arrived but cannot be read. @param reason in words for callers */
  unreadable(id: number, reason: string): void;
  /**
   * Handles a transport that has ended by itself.
   * @param reason in words for callers, without any text that the server wrote
   * @param lastWords the last text that the server wrote, for operators
   */
  lost(reason: string, lastWords?: string): void;
}
