import { randomUUID } from 'node:crypto';
import { isObject } from '@manifold/async';
import type { ToolResult } from '@manifold/tool-provider';
import { requestMessage } from '../json-rpc/json-rpc.js';

/** Returns whether a client can show URLs to its user (2025-11-25, client/elicitation, URL mode). */
export const takesUrls = (capabilities: unknown): boolean =>
  isObject(capabilities) && isObject(capabilities.elicitation) && isObject(capabilities.elicitation.url);

/**
 * Returns the request that asks the client to take its user to a URL. The gateway does not wait for the answer, because the result of
 * the call says the same as text. Only a new call shows whether the user has followed the request.
 */
export function urlElicitation(url: string, message: string): string {
  const elicitationId = randomUUID();
  return requestMessage(elicitationId, 'elicitation/create', { mode: 'url', elicitationId, url, message });
}

/**
 * Returns the modern era's counterpart (2026-07-28): a result that asks for input. The client sends its request again when the user has
 * answered. There is no request state: the gateway forgets the call, and the next request is independent.
 */
export const urlInputRequired = (url: string, message: string): ToolResult => ({
  resultType: 'input_required',
  inputRequests: { setup: { method: 'elicitation/create', params: { mode: 'url', message, url } } },
});
