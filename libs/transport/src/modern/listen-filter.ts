import { isObject } from '@manifold/async';
import { invalidParams } from '../json-rpc/json-rpc-error.js';
import type { ChangingList } from '../sessions/shown-lists.js';
import { MAX_SUBSCRIPTIONS } from '../sessions/resource-subscriptions.js';

const LISTS: Readonly<Record<string, ChangingList>> = {
  toolsListChanged: 'tools',
  promptsListChanged: 'prompts',
  resourcesListChanged: 'resources',
};

/** Notifications that a client wants to receive. */
export interface ListenFilter {
  readonly lists: readonly ChangingList[];
  /** The same lists, by the names that the request uses. */
  readonly flags: Readonly<Record<string, true>>;
  /** URIs of resources, without duplicates. */
  readonly resources: readonly string[];
}

/**
 * Reads the filter of a request. Unknown kinds of notifications are ignored. The acknowledgement names the kinds that the client gets.
 * @throws JsonRpcError -32602
 */
export function readFilter(notifications: unknown): ListenFilter {
  if (!isObject(notifications)) throw invalidParams('notifications must be an object');
  const wanted = Object.keys(LISTS).filter((flag) => isWanted(notifications[flag], flag));
  return {
    lists: wanted.map((flag) => LISTS[flag]!),
    flags: Object.fromEntries(wanted.map((flag) => [flag, true])),
    resources: readUris(notifications.resourceSubscriptions),
  };
}

function isWanted(value: unknown, flag: string): boolean {
  if (value !== undefined && value !== null && typeof value !== 'boolean')
    throw invalidParams(`${flag} must be true or false`);
  return value === true;
}

function readUris(wanted: unknown): string[] {
  const uris = wanted ?? [];
  const isList = Array.isArray(uris) && uris.length <= MAX_SUBSCRIPTIONS;
  if (isList && uris.every((uri): uri is string => typeof uri === 'string')) return [...new Set(uris)];
  throw invalidParams(`resourceSubscriptions must be a list of at most ${MAX_SUBSCRIPTIONS} URIs`);
}
