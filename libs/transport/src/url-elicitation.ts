import { randomUUID } from 'node:crypto';
import type { ToolResult } from '@manifold/tool-provider';
import { isObject, requestMessage } from './json-rpc.js';

/** A client's capabilities, as far as it shows URLs to its user (2025-11-25, client/elicitation, URL mode). */
export const takesUrls = (capabilities: unknown): boolean =>
  isObject(capabilities) && isObject(capabilities.elicitation) && isObject(capabilities.elicitation.url);

/**
 * The request with which the client is asked to take its user to a URL. Nobody waits for its answer: the result of the call
 * says the same in words, and only a new call shows whether the user has followed.
 */
export function urlElicitation(url: string, message: string): string {
  const elicitationId = randomUUID();
  return requestMessage(elicitationId, 'elicitation/create', { mode: 'url', elicitationId, url, message });
}

/**
 * The same in the modern era (2026-07-28): the result asks, and the client sends its request again when the user has answered. No
 * state goes along: the gateway forgets the call, and the next one stands on its own.
 */
export const urlInputRequired = (url: string, message: string): ToolResult => ({
  resultType: 'input_required',
  inputRequests: { setup: { method: 'elicitation/create', params: { mode: 'url', message, url } } },
});
