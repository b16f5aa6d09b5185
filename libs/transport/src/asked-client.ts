import {
  ProviderError,
  type AskableClient,
  type OpenCall,
  type Question,
  type RawObject,
} from '@manifold/tool-provider';
import { isObject } from './json-rpc.js';

/** Milliseconds that people get to answer a question. The clock of the call stands still meanwhile. */
export const ANSWER_WITHIN_MS = 10 * 60_000;

/** The client of one request. */
export interface AskedClient extends AskableClient {
  /** The call in which it is asked. */
  begin(call: OpenCall): void;
  /** That call has ended: so have its questions. */
  end(): void;
}

const ASKED_FOR = ['sampling', 'elicitation', 'roots'];

/** A client's capabilities, where it can be asked for anything; undefined else. Extensions are left out: they are not relayed by themselves. */
export function askable(capabilities: unknown): RawObject | undefined {
  if (!isObject(capabilities) || !ASKED_FOR.some((name) => isObject(capabilities[name]))) return undefined;
  if (capabilities.extensions === undefined) return capabilities;
  const others: Record<string, unknown> = { ...capabilities };
  delete others.extensions;
  return others;
}

/** What a client would have to declare to be asked this, as `ClientCapabilities`; undefined where nothing is missing. */
export function missingCapability({ method, params }: Question, capabilities: RawObject): RawObject | undefined {
  switch (method) {
    case 'sampling/createMessage':
      return isObject(capabilities.sampling) ? undefined : { sampling: {} };
    case 'roots/list':
      return isObject(capabilities.roots) ? undefined : { roots: {} };
    case 'elicitation/create': {
      const mode = params?.mode === 'url' ? 'url' : 'form';
      return takesMode(capabilities.elicitation, mode) ? undefined : { elicitation: { [mode]: {} } };
    }
    default:
      return undefined;
  }
}

/** A client that names no mode shows forms: there was nothing else at first. */
const takesMode = (elicitation: unknown, mode: 'form' | 'url'): boolean =>
  isObject(elicitation) && (isObject(elicitation[mode]) || (mode === 'form' && !isObject(elicitation.url)));

/** @param rpcError of the client, or in its name */
export const clientRefused = (rpcError: { code: number; message: string; data?: unknown }): ProviderError =>
  new ProviderError('upstream_rejected', 'The client did not answer what it was asked', { rpcError });

export const noAnswer = (): ProviderError => new ProviderError('timeout', 'The client did not answer in time');
