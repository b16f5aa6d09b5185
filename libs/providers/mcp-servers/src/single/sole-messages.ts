import { Topic } from '@manifold/bus';
import type { LogMessage, Progress, ProviderErrorCode, ProviderErrorOptions, Question } from '@manifold/tool-provider';
import type { RawObject } from '../upstream/index.js';

/** What replicas say to each other about a server that runs on one of them. */

export interface WireError extends Pick<ProviderErrorOptions, 'retryAfter' | 'modelText' | 'setupUrl' | 'rpcError'> {
  readonly code: ProviderErrorCode;
  readonly message: string;
  /** The server knows nothing of it: it has ended, or runs elsewhere now. */
  readonly isUnsent: boolean;
}

export type Outcome<Value> = { readonly value: Value } | { readonly error: WireError };

/** What is asked of a server. */
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
  | { readonly kind: 'offer' }
  | { readonly kind: 'subscribe'; readonly uri: string };

/** What a server says meanwhile. */
export type Remark =
  { readonly kind: 'progress'; readonly progress: Progress } | { readonly kind: 'log'; readonly message: LogMessage };

/** What a server says by itself. */
export type Notice =
  { readonly kind: 'tools' } | { readonly kind: 'offer' } | { readonly kind: 'updated'; readonly params: RawObject };

/** @returns the introduction of the server, once it has started; undefined where it does not run, or with other settings */
export const ATTACH = new Topic<
  { readonly key: string; readonly settings: string; readonly handle: number },
  { readonly line: string; readonly initializeResult: RawObject } | undefined
>('sole.attach');
/** @returns why it has ended, once it has */
export const ENDED = new Topic<{ readonly line: string }, string>('sole.ended');
export const OPERATION = new Topic<
  { readonly line: string; readonly exchange: number; readonly operation: Operation },
  Outcome<unknown>
>('sole.operation');
export const QUESTIONS = new Topic<
  { readonly exchange: number; readonly questions: Readonly<Record<string, Question>> },
  Outcome<Readonly<Record<string, RawObject>>>
>('sole.questions');
export const REMARK = new Topic<{ readonly exchange: number; readonly remark: Remark }>('sole.remark');
export const NOTICE = new Topic<{ readonly handle: number; readonly notice: Notice }>('sole.notice');
export const CANCEL = new Topic<{ readonly exchange: number; readonly reason: WireError }>('sole.cancel');
export const UNSUBSCRIBE = new Topic<{ readonly line: string; readonly uri: string }>('sole.unsubscribe');
export const DETACH = new Topic<{ readonly line: string; readonly handle: number }>('sole.detach');
