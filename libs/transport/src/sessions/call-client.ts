import { isObject } from '@manifold/async';
import { withoutNulls } from '../json-rpc/json-rpc.js';
import {
  ProviderError,
  type RequestableClient,
  type OpenCall,
  type ServerRequest,
  type RawObject,
} from '@manifold/tool-provider';

/** Milliseconds that a user has to answer a request. The timeout of the call is paused for that time. */
export const ANSWER_WITHIN_MS = 10 * 60_000;

/** The client of one call. A backend can send requests to it. */
export interface CallClient extends RequestableClient {
  /** Sets the call whose backend may send requests to the client. */
  begin(call: OpenCall): void;
  /** Ends the call's open requests, because the call has ended. */
  end(): void;
}

const ASKED_FOR = ['sampling', 'elicitation', 'roots'];

/**
 * Returns a client's capabilities without extensions, which are not relayed automatically.
 * @returns undefined if the client supports neither sampling nor elicitation nor roots
 */
export function requestableCapabilities(capabilities: unknown): RawObject | undefined {
  if (!isObject(capabilities) || !ASKED_FOR.some((name) => isObject(capabilities[name]))) return undefined;
  const others: Record<string, unknown> = withoutNulls(capabilities);
  delete others.extensions;
  return others;
}

/** Returns the capability that a request needs and the client lacks, as `ClientCapabilities`; undefined if nothing is missing. */
export function missingCapability({ method, params }: ServerRequest, capabilities: RawObject): RawObject | undefined {
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

/** Returns whether the client supports the mode. A client that names no mode supports forms, which were once the only mode. */
const takesMode = (elicitation: unknown, mode: 'form' | 'url'): boolean =>
  isObject(elicitation) && (isObject(elicitation[mode]) || (mode === 'form' && !isObject(elicitation.url)));

/** @param rpcError error that the client sent, or that the gateway creates on its behalf */
export const clientRefused = (rpcError: { code: number; message: string; data?: unknown }): ProviderError =>
  new ProviderError('upstream_rejected', 'The client did not answer what it was asked', { rpcError });

export const noAnswer = (): ProviderError => new ProviderError('timeout', 'The client did not answer in time');
