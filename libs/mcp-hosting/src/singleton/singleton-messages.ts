import { Topic, type ErrorCodec } from '@manifold/bus';
import { ProviderError, type LogMessage, type Progress, type ServerRequest } from '@manifold/tool-provider';
import { NotSentError, type RawObject } from '@manifold/mcp-client';

/** Calls between replicas about a singleton server. */

/** An operation that another replica requests of a server. */
export type Operation =
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly params: RawObject;
      readonly meta?: RawObject;
      readonly secrets?: readonly string[];
      readonly wantsProgress: boolean;
      readonly wantsLog: boolean;
      readonly client?: { readonly capabilities: RawObject; readonly sessionKey?: string };
    }
  | { readonly kind: 'tools' }
  | { readonly kind: 'primitives' }
  | { readonly kind: 'subscribe'; readonly uri: string }
  | { readonly kind: 'unsubscribe'; readonly uri: string };

/** Messages of the server for a request in flight. The client's answers to its requests are replies. */
export type RequestMessage =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'log'; readonly message: LogMessage }
  | { readonly kind: 'requests'; readonly requests: Readonly<Record<string, ServerRequest>> };

/** A notification of the server that belongs to no request. */
export type ServerNotification =
  | { readonly kind: 'tools' }
  | { readonly kind: 'primitives' }
  | { readonly kind: 'updated'; readonly params: RawObject };

/** The connection and the server's `initialize` result. */
export interface Attached {
  readonly kind: 'attached';
  readonly connection: string;
  readonly initializeResult: RawObject;
}

/** ProviderErrors as other replicas get them. A request that was not sent stays one that may be sent again. */
const PROVIDER_ERRORS: ErrorCodec = {
  write(error) {
    if (!(error instanceof ProviderError)) return undefined;
    const { code, message, retryAfter, modelText, setupUrl, rpcError } = error;
    return { code, message, isUnsent: error instanceof NotSentError, retryAfter, modelText, setupUrl, rpcError };
  },
  read(written) {
    const { code, message, isUnsent, ...options } = written as ProviderError & { readonly isUnsent: boolean };
    return isUnsent ? new NotSentError(message) : new ProviderError(code, message, options);
  },
};

/**
 * Uses a server. The first side message says that it has started; the others are its notifications.
 * @returns the reason of the connection's end, once it has ended; undefined if the server does not run, or runs with other settings
 */
export const ATTACH = new Topic<
  { readonly key: string; readonly settings: string },
  string | undefined,
  Attached | ServerNotification
>('singleton.use');
export const OPERATION = new Topic<
  { readonly connection: string; readonly operation: Operation },
  unknown,
  RequestMessage,
  Readonly<Record<string, RawObject>> | undefined
>('singleton.operate', PROVIDER_ERRORS);
