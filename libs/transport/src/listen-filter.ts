import { invalidParams } from './json-rpc-error.js';
import { isObject } from './json-rpc.js';
import type { ChangingList } from './list-changed.js';
import { MAX_SUBSCRIPTIONS } from './resource-subscriptions.js';

const LISTS: Readonly<Record<string, ChangingList>> = {
  toolsListChanged: 'tools',
  promptsListChanged: 'prompts',
  resourcesListChanged: 'resources',
};

/** What a client wants to hear of. */
export interface ListenFilter {
  readonly lists: readonly ChangingList[];
  /** The same in the words of the request. */
  readonly flags: Readonly<Record<string, true>>;
  /** URIs, each once. */
  readonly resources: readonly string[];
}

/**
 * Kinds of notifications that nobody knows are left out: the acknowledgement says what is meant.
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
  if (value !== undefined && typeof value !== 'boolean') throw invalidParams(`${flag} must be true or false`);
  return value === true;
}

function readUris(uris: unknown = []): string[] {
  const isList = Array.isArray(uris) && uris.length <= MAX_SUBSCRIPTIONS;
  if (isList && uris.every((uri): uri is string => typeof uri === 'string')) return [...new Set(uris)];
  throw invalidParams(`resourceSubscriptions must be a list of at most ${MAX_SUBSCRIPTIONS} URIs`);
}
