import type { ProviderError, RawObject } from '@manifold/tool-provider';
import type { View } from '@manifold/tool-registry';
import type { OpenCalls } from './calls-in-flight.js';
import type { LogLevel } from './log-level.js';

/** Where a client listens that has no request under way. */
export interface MessageStream {
  readonly isOpen: boolean;
  /** @param message JSON text */
  send(message: string): void;
  end(): void;
}

/** A request of the gateway that a client has not answered yet. */
export interface OpenQuestion {
  settle(answer: RawObject | ProviderError): void;
}

/** What both transports of the legacy era know of a client. */
export interface ClientSession {
  /** Under which the store knows it; HTTP+SSE: a session is its stream, and nothing of it is stored. */
  readonly id?: string;
  /** What the URL asked for. */
  readonly view: View;
  readonly calls: OpenCalls;
  /** What the client can be asked for, as it declared it; undefined where that is nothing. */
  readonly capabilities?: RawObject;
  /** Whether the client shows URLs to its user. */
  readonly takesUrls: boolean;
  /** What the client was asked and has not answered, by the ids of these requests. */
  questions?: Map<string, OpenQuestion>;
  /** In dynamic mode: the public names of the tools that the client has enabled. */
  enabledTools: readonly string[];
  /** The least that the client wants to read of what is logged; undefined until it says so. */
  logLevel?: LogLevel;
  /** The resources that the client wants to hear of, by URI: what ends it, or undefined where it waits for the client to listen. */
  subscriptions?: Map<string, (() => void) | undefined>;
  /** For messages that answer no request, while it is open. */
  readonly stream?: MessageStream;
}
