import { CachedCollection } from '../../src/cached/cached-collection.js';
import { byId } from '../../src/cached/record-keys.js';
import { findAll } from '../../src/find-all.js';
import { BREAD, MILK, put, startProcess, startTwo } from './cache-process.js';
import { JoinedFeed } from './joined-feeds.js';
import { notes, type Note, type Stores } from './notes.js';

/** Tests in what the memories of a `CachedCollection` differ. */
export function exerciseCacheMemories(stores: Stores): void {
  describe('with the whole collection in memory', () => {
    it('knows everything after the start, and later reads only what is announced', async () => {
      const elsewhere = await startProcess(stores.store());
      await put(elsewhere, 'one');
      const { cache, records } = await startProcess(stores.store());
      expect([cache.peek(MILK), cache.peek(BREAD), records.operations]).toEqual(['one', undefined, []]);
    });

    it('tells which keys differ after a gap', async () => {
      const [here, elsewhere] = await startTwo(stores, {});
      for (const key of [MILK, BREAD]) await put(here, 'one', key);
      here.heard.length = 0;
      here.feed.isCut = true;
      await put(elsewhere, 'two');
      await here.cache.load();
      expect(here.heard).toEqual([MILK]);
    });

    it('reads once more for any number of gaps during a read', async () => {
      const { cache, feed, records } = await startProcess(stores.store());
      const { reached, release } = records.holdRead();
      const first = cache.load();
      await reached;
      for (let gap = 0; gap < 5; gap += 1) feed.missed();
      release();
      await first;
      expect(records.operations).toEqual(['find', 'find']);
    });

    it('keeps its values when the store fails, and takes the next chance', async () => {
      const here = await startProcess(stores.store());
      await put(here, 'one');
      here.records.fail(['find']);
      await expect(here.cache.load()).rejects.toThrow('cut');
      expect(here.cache.peek(MILK)).toBe('one');
      here.records.fail(undefined);
      await here.cache.load();
    });

    it('keeps the order of writes of one key', async () => {
      const here = await startProcess(stores.store());
      await Promise.all(Array.from({ length: 20 }, (_, index) => put(here, String(index))));
      expect(here.cache.peek(MILK)).toBe('19');
      expect(await findAll(here.records.collection)).toMatchObject([{ value: { body: '19' } }]);
    });

    it('can be kept by the ids of the records', async () => {
      const feed = JoinedFeed.pair()[0];
      const open = () =>
        new CachedCollection(stores.store().collection(notes), feed, {
          keys: byId<Note, 'id'>('id'),
          decode: ([stored]) => stored?.value,
          topic: { name: 'notes.by-id', message: { id: '' } },
          scopeOf: (key) => key,
        });
      const cache = open();
      await cache.change({ id: 'x' }, () => ({ ...MILK }));
      const another = open();
      expect(await another.load()).toEqual([{ id: 'x' }]);
      expect([cache.peek({ id: 'x' }), another.peek({ id: 'x' })]).toEqual([MILK, MILK]);
      await another.invalidate({ id: 'x' });
      expect([another.peek({ id: 'x' }), await cache.remove({ id: 'x' })]).toEqual([MILK, true]);
    });
  });

  describe('with what was used last in memory', () => {
    const recent = { name: 'notes', max: 100 };

    it('reads a key once for any number of look-ups at the same time', async () => {
      const { cache, records } = await startProcess(stores.store(), { recent });
      await Promise.all(Array.from({ length: 50 }, () => cache.get(MILK)));
      expect(records.operations).toEqual(['find']);
    });

    it('remembers an absence only if it is told to, and then apart from the values', async () => {
      const forgetful = await startProcess(stores.store(), { recent });
      for (let call = 0; call < 2; call += 1) expect(await forgetful.cache.get(MILK)).toBeUndefined();
      expect(forgetful.records.operations).toHaveLength(2);

      const here = await startProcess(stores.store(), { recent: { name: 'notes', max: 1, maxAbsent: 1 } });
      await put(here, 'one');
      await here.cache.get(MILK);
      for (const title of ['a', 'b', 'b']) await here.cache.get({ owner: 'ann', title });
      here.records.operations.length = 0;
      await Promise.all([MILK, { owner: 'ann', title: 'b' }].map((key) => here.cache.get(key)));
      expect(here.records.operations).toEqual([]);
      await put(here, 'now there', { owner: 'ann', title: 'b' });
      expect(await here.cache.get({ owner: 'ann', title: 'b' })).toBe('now there');
    });

    it('does not remember a failure', async () => {
      const { cache, records } = await startProcess(stores.store(), { recent: { ...recent, maxAbsent: 1 } });
      records.fail(['find']);
      await expect(cache.get(MILK)).rejects.toThrow('cut');
      records.fail(undefined);
      expect(await cache.get(MILK)).toBeUndefined();
    });

    it('uses a value that was put into memory, until it is invalidated', async () => {
      const here = await startProcess(stores.store(), { recent });
      here.cache.put(MILK, 'early');
      expect([await here.cache.get(MILK), here.cache.peek(MILK)]).toEqual(['early', 'early']);
      await here.cache.invalidate(MILK);
      expect(await here.cache.get(MILK)).toBeUndefined();
    });

    it('reads each time after it is closed, because it hears of no change any more', async () => {
      const [here, elsewhere] = await startTwo(stores, { recent });
      await put(here, 'one');
      await here.cache.get(MILK);
      here.cache.close();
      await put(elsewhere, 'two');
      expect(await here.cache.get(MILK)).toBe('two');
      await put(elsewhere, 'three');
      expect(await here.cache.get(MILK)).toBe('three');
    });
  });
}
