import { isObject } from '@manifold/async';
import { invalidParams } from '../json-rpc/json-rpc-error.js';
import type { Params } from '../json-rpc/json-rpc.js';
import type { ServerRequest } from '@manifold/tool-provider';
import type { ModernCaller } from './modern-caller.js';
import { ModernClient } from './modern-client.js';
import type { Text } from '../json-rpc/spliced-text.js';

/** Next event of a call: its result (undefined if it was cancelled), its failure, or requests to the client. */
export type CallStep =
  | { readonly kind: 'result'; readonly text: Text | undefined }
  | { readonly kind: 'failure'; readonly error: unknown }
  | { readonly kind: 'input_required' };

const INPUT_REQUIRED: CallStep = { kind: 'input_required' };

/** Outcome of a client's request. Input requests carry the id of the call that waits for their answers. */
export type Outcome =
  | Exclude<CallStep, { readonly kind: 'input_required' }>
  | {
      readonly kind: 'input_required';
      readonly id: string;
      readonly inputRequests: Readonly<Record<string, ServerRequest>>;
    };

/** A call of the modern era that may ask its client for input. It may span several requests of the client until it has its result. */
export class ModernCall {
  private end?: Promise<CallStep>;
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

  /** Waits for the call's result, its failure or its next requests to the client. Requests made at the same time form one step. */
  next(): Promise<CallStep> {
    const inputRequired = new Promise<CallStep>((resolve) => {
      this.wake = () => resolve(INPUT_REQUIRED);
    });
    if (this.client.awaitsInput) this.asked();
    return Promise.race([this.end!, inputRequired]);
  }

  get client(): ModernClient {
    return this.caller.client!;
  }

  private asked(): void {
    this.due ??= setImmediate(() => {
      this.due = undefined;
      if (this.client.awaitsInput) this.wake?.();
    });
  }
}

/** Returns the answers that a request contains. @throws JsonRpcError -32602 */
export function readAnswers({ inputResponses = {} }: Params): Params {
  if (isObject(inputResponses)) return inputResponses;
  throw invalidParams('inputResponses must be an object');
}
