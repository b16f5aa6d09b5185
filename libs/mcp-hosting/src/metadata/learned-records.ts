import { Topic, type Bus } from '@manifold/bus';
import { byFields, CachedCollection, type CollectionSpec, type Fields, type Store } from '@manifold/store';

/** Key of a registered server. */
export type ServerKey = { tenant: string; name: string };

/** A record that belongs to one registered server. Its collection has a unique index on (tenant, name). */
export type OfServer = Fields & ServerKey;

/** Receives the key of a server whose record another replica has changed or removed. */
type OnRemoteUpdate = (key: ServerKey) => void;

/** Records of what the gateway learned about its servers, one per server, all of them in memory. */
export type LearnedRecords<T extends OfServer> = CachedCollection<T, ServerKey, T>;

/** @param onRemoteUpdate called for changes by other replicas, until the records are closed */
export const learnedRecords = <T extends OfServer>(
  spec: CollectionSpec<T>,
  store: Store,
  bus: Bus,
  onRemoteUpdate: OnRemoteUpdate = () => undefined,
): LearnedRecords<T> =>
  new CachedCollection<T, ServerKey, T>(store.collection(spec), bus, {
    keys: byFields<T, 'tenant' | 'name'>('tenant', 'name'),
    decode: ([stored]) => (stored?.isUnreadable ? undefined : stored?.value), // such a record is learned anew
    topic: new Topic<ServerKey>(`servers.learned.${spec.name}`),
    scopeOf: (key) => key,
    onChanged: (key, isHere) => !isHere && onRemoteUpdate(key),
    onReread: onRemoteUpdate,
  });

/** Stores what the gateway learned about a server. */
export async function putLearned<T extends OfServer>(records: LearnedRecords<T>, record: T): Promise<void> {
  await records.change(keyOf(record), () => record);
}

/** Stores the record if there is none of the server yet. @returns whether it was stored; otherwise the stored record is now in memory */
export async function putFirstLearned<T extends OfServer>(records: LearnedRecords<T>, record: T): Promise<boolean> {
  const stored = await records.change(keyOf(record), (known) => (known ? undefined : record));
  if (!stored) await records.invalidate(keyOf(record));
  return stored !== undefined;
}

const keyOf = ({ tenant, name }: ServerKey): ServerKey => ({ tenant, name });
