import type { ProviderError, RawObject } from '@manifold/tool-provider';
import type { View } from '@manifold/tool-registry';
import type { OpenCalls } from '../json-rpc/calls-in-flight.js';
import type { LogLevel } from '../json-rpc/log-level.js';

/** Stream to a client for messages that belong to no request. */
export interface MessageStream {
  readonly isOpen: boolean;
  /** @param message JSON text */
  send(message: string): void;
  end(): void;
}

/** A request from the gateway to a client that the client has not answered yet. */
export interface OpenServerRequest {
  settle(answer: RawObject | ProviderError): void;
}

/** Session data that both transports of the legacy era share. */
export interface ClientSession {
  /** Id of the session in the store. HTTP+SSE sessions have none: they are not stored and end with their stream. */
  readonly id?: string;
  /** View that the URL asked for. */
  readonly view: View;
  readonly calls: OpenCalls;
  /** Capabilities that the client declared; undefined if it supports no requests from servers. */
  readonly capabilities?: RawObject;
  /** Whether the client can show URLs to its user. */
  readonly takesUrls: boolean;
  /** Requests to the client that it has not answered yet, by request id. */
  serverRequests?: Map<string, OpenServerRequest>;
  /** Public names of the tools that the client has enabled in dynamic mode. */
  enabledTools: readonly string[];
  /** Lowest level of log messages that the client wants; undefined until the client sets one. */
  logLevel?: LogLevel;
  /** Resource subscriptions by URI. The value ends the subscription; it is undefined until the client opens its stream here. */
  subscriptions?: Map<string, (() => void) | undefined>;
  /** Stream for messages that belong to no request. It may be closed. */
  readonly stream?: MessageStream;
}
