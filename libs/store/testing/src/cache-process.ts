import { CachedCollection, type CacheOptions } from '../../src/cached/cached-collection.js';
import { byFields } from '../../src/cached/record-keys.js';
import type { Store } from '../../src/collection.js';
import { heldCollection, type HeldCollection } from './held-collection.js';
import { JoinedFeed } from './joined-feeds.js';
import { notes, type Note, type Stores } from './notes.js';

type NoteKey = Pick<Note, 'owner' | 'title'>;
export type NoteOptions = CacheOptions<Note, NoteKey, string, Partial<NoteKey>>;

export const MILK: NoteKey = { owner: 'ann', title: 'milk' };
export const BREAD: NoteKey = { owner: 'ann', title: 'bread' };

const OPTIONS: NoteOptions = {
  keys: byFields('owner', 'title'),
  decode: ([stored]) => stored?.value.body,
  topic: { name: 'notes.changed', message: MILK },
  scopeOf: (change) => change,
};

/** A process with a cache of the notes. */
export interface CacheProcess {
  readonly cache: CachedCollection<Note, NoteKey, string, Partial<NoteKey>>;
  readonly feed: JoinedFeed;
  readonly records: HeldCollection<Note>;
  /** The events that the cache has reported: `[change, isHere]`, or a key after a gap. */
  readonly heard: unknown[];
}

/** Starts a process that is alone. */
export async function startProcess(
  store: Store,
  more: Partial<NoteOptions> = {},
  feed = JoinedFeed.pair()[0],
): Promise<CacheProcess> {
  const records = heldCollection(store.collection(notes));
  const heard: unknown[] = [];
  const cache: CacheProcess['cache'] = new CachedCollection(records.collection, feed, {
    ...OPTIONS,
    onChanged: (change, isHere) => heard.push([change, isHere]),
    onReread: (key) => heard.push(key),
    ...more,
  });
  await cache.load();
  records.operations.length = 0;
  return { cache, feed, records, heard };
}

/** Starts two processes on the same data, which hear each other. */
export async function startTwo(
  stores: Stores,
  more: Partial<NoteOptions>,
): Promise<readonly [CacheProcess, CacheProcess]> {
  const [one, two] = JoinedFeed.pair();
  return [await startProcess(stores.store(), more, one), await startProcess(await stores.another(), more, two)];
}

/** Stores a value through the cache of a process. */
export const put = ({ cache }: CacheProcess, body: string, key = MILK): Promise<unknown> =>
  cache.change(key, () => ({ ...key, body }));
