import { invalidParams } from './json-rpc-error.js';
import { isObject, type Params } from './json-rpc.js';
import type { Question } from '@manifold/tool-provider';
import type { ModernCaller } from './modern-caller.js';
import { ModernClient } from './modern-client.js';
import type { Text } from './spliced-text.js';

/** What a call has come to: its result (undefined when it was cancelled), its failure, or questions to the client. */
export type Turn =
  | { readonly kind: 'result'; readonly text: Text | undefined }
  | { readonly kind: 'failure'; readonly error: unknown }
  | { readonly kind: 'questions' };

const QUESTIONS: Turn = { kind: 'questions' };

/** What a request comes to: questions have the id of the call that waits for their answers. */
export type Outcome =
  | Exclude<Turn, { readonly kind: 'questions' }>
  | { readonly kind: 'questions'; readonly id: string; readonly questions: Readonly<Record<string, Question>> };

/** A call of the modern era whose client can be asked: it may take several requests of the client until it has its result. */
export class ModernCall {
  private end?: Promise<Turn>;
  private wake?: () => void;
  private due?: NodeJS.Immediate;

  constructor(
    readonly caller: ModernCaller,
    given: Params,
    capabilities: Params,
  ) {
    caller.client = new ModernClient(capabilities, given, () => this.asked());
  }

  start(running: Promise<Text | undefined>): void {
    this.end = running.then(
      (text) => ({ kind: 'result', text }),
      (error: unknown) => ({ kind: 'failure', error }),
    );
  }

  /** What comes first. Questions that are asked at the same time are one turn. */
  next(): Promise<Turn> {
    const questions = new Promise<Turn>((resolve) => {
      this.wake = () => resolve(QUESTIONS);
    });
    if (this.client.isAsking) this.asked();
    return Promise.race([this.end!, questions]);
  }

  get client(): ModernClient {
    return this.caller.client!;
  }

  private asked(): void {
    this.due ??= setImmediate(() => {
      this.due = undefined;
      if (this.client.isAsking) this.wake?.();
    });
  }
}

/** The answers that a request brings. @throws JsonRpcError -32602 */
export function readAnswers({ inputResponses = {} }: Params): Params {
  if (isObject(inputResponses)) return inputResponses;
  throw invalidParams('inputResponses must be an object');
}
