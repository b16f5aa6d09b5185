import { findAll } from '../../src/find-all.js';
import { BREAD, MILK, put, startProcess, startTwo, type NoteOptions } from './cache-process.js';
import type { Note, Stores } from './notes.js';

/** The contract of `CachedCollection`, as each kind of memory must keep it. */
export function exerciseCaches(stores: Stores): void {
  describe.each([
    ['the whole collection', {}],
    ['what was used last', { recent: { name: 'notes', max: 100 } }],
  ] satisfies [string, Partial<NoteOptions>][])('with %s in memory', (_, more) => {
    it('shows each write here and, once it is announced, elsewhere', async () => {
      const [here, elsewhere] = await startTwo(stores, more);
      for (const body of ['one', 'two']) {
        await put(here, body);
        expect([await here.cache.get(MILK), await elsewhere.cache.get(MILK)]).toEqual([body, body]);
      }
      expect(await elsewhere.cache.remove(MILK)).toBe(true);
      expect([await here.cache.get(MILK), await elsewhere.cache.get(MILK)]).toEqual([undefined, undefined]);
      expect(await elsewhere.cache.remove(MILK)).toBe(false);
      expect(here.heard).toEqual([
        [MILK, true],
        [MILK, true],
        [MILK, false],
        [MILK, false],
      ]);
    });

    it('reads nothing while nothing changes', async () => {
      const [{ cache, records }, elsewhere] = await startTwo(stores, more);
      await put(elsewhere, 'one');
      await cache.get(MILK);
      records.operations.length = 0;
      await Promise.all(Array.from({ length: 50 }, () => cache.get(MILK)));
      expect([cache.peek(MILK), records.operations]).toEqual(['one', []]);
    });

    it('finds what it has missed when it is told that announcements were lost', async () => {
      const [here, elsewhere] = await startTwo(stores, more);
      await put(elsewhere, 'one');
      await put(elsewhere, 'gone', BREAD);
      await Promise.all([MILK, BREAD].map((key) => here.cache.get(key)));
      here.feed.isCut = true;
      await put(elsewhere, 'two');
      await elsewhere.cache.remove(BREAD);
      expect(await here.cache.get(MILK)).toBe('one');
      here.feed.missed();
      await here.cache.load();
      expect([await here.cache.get(MILK), await here.cache.get(BREAD)]).toEqual(['two', undefined]);
    });

    it('keeps nothing that was read before an announcement', async () => {
      const [here, elsewhere] = await startTwo(stores, more);
      await put(elsewhere, 'old');
      const { reached, release } = here.records.holdRead();
      const reading = Promise.all([here.cache.invalidate(MILK), here.cache.get(MILK)]);
      await reached;
      const announced = put(elsewhere, 'new');
      while ((await findAll(here.records.collection)).at(0)?.value.body !== 'new');
      release();
      await Promise.all([reading, announced]);
      expect(await here.cache.get(MILK)).toBe('new');
    });

    it('keeps nothing of a record that is deleted while it is read', async () => {
      const [here, elsewhere] = await startTwo(stores, more);
      await put(elsewhere, 'old');
      const { reached, release } = here.records.holdRead();
      const reading = Promise.all([here.cache.invalidate(MILK), here.cache.get(MILK)]);
      await reached;
      const removed = elsewhere.cache.remove(MILK);
      while ((await findAll(here.records.collection)).length > 0);
      release();
      await Promise.all([reading, removed]);
      expect([await here.cache.get(MILK), here.cache.peek(MILK)]).toEqual([undefined, undefined]);
    });

    it('keeps nothing that was read before a write of its own', async () => {
      const here = await startProcess(stores.store(), more);
      await put(here, 'old');
      const { reached, release } = here.records.holdRead();
      const reading = Promise.all([here.cache.invalidate(MILK), here.cache.get(MILK)]);
      await reached;
      const written = put(here, 'new');
      release();
      await Promise.all([reading, written]);
      expect(await here.cache.get(MILK)).toBe('new');
    });

    it('keeps nothing of a read of everything that began before a change', async () => {
      const [here, elsewhere] = await startTwo(stores, more);
      await put(elsewhere, 'old');
      await put(elsewhere, 'gone', BREAD);
      const { reached, release } = here.records.holdRead();
      const reading = Promise.all([here.cache.load(), here.cache.get(MILK)]);
      await reached;
      await put(elsewhere, 'new');
      await elsewhere.cache.remove(BREAD);
      release();
      await reading;
      expect([await here.cache.get(MILK), await here.cache.get(BREAD)]).toEqual(['new', undefined]);
    });

    it('applies parallel changes of several processes one after another', async () => {
      const processes = await startTwo(stores, more);
      const add = (value: Note | undefined): Note => ({ ...MILK, body: String(Number(value?.body ?? 0) + 1) });
      await Promise.all(Array.from({ length: 30 }, (__, index) => processes[index % 2]!.cache.change(MILK, add)));
      for (const { cache } of processes) expect(await cache.get(MILK)).toBe('30');
    });

    it('announces nothing when a change leaves the record, or conflicts', async () => {
      const [here, elsewhere] = await startTwo(stores, more);
      await put(elsewhere, 'one');
      expect(await here.cache.change(MILK, () => undefined)).toBeUndefined();
      const conflict = here.cache.write(MILK, () => here.records.collection.insert({ ...MILK }));
      await expect(conflict).rejects.toMatchObject({ reason: 'unique' });
      expect([here.feed.announced, await here.cache.get(MILK)]).toEqual([[], 'one']);
    });

    it('announces a write that failed and may have taken effect', async () => {
      const [here, elsewhere] = await startTwo(stores, more);
      await put(here, 'old');
      expect(await elsewhere.cache.get(MILK)).toBe('old');
      here.records.fail(['update', 'removeWhere']);
      await expect(put(here, 'new')).rejects.toThrow('cut');
      expect([await here.cache.get(MILK), await elsewhere.cache.get(MILK)]).toEqual(['new', 'new']);
      await expect(here.cache.remove(MILK)).rejects.toThrow('cut');
      expect([await here.cache.get(MILK), await elsewhere.cache.get(MILK)]).toEqual([undefined, undefined]);
    });

    it('takes in a change of several keys', async () => {
      const [here, elsewhere] = await startTwo(stores, more);
      for (const key of [MILK, BREAD, { owner: 'bob', title: 'milk' }]) await put(here, 'one', key);
      for (const { cache } of [here, elsewhere]) await Promise.all([MILK, BREAD].map((key) => cache.get(key)));
      await here.cache.remove({ owner: 'ann' });
      for (const { cache } of [here, elsewhere]) {
        expect([await cache.get(MILK), await cache.get(BREAD)]).toEqual([undefined, undefined]);
        expect(await cache.get({ owner: 'bob', title: 'milk' })).toBe('one');
      }
    });

    it('ends its subscriptions when it is closed', async () => {
      const [here, elsewhere] = await startTwo(stores, more);
      expect(here.feed.subscriptions).toBe(2);
      here.cache.close();
      expect(here.feed.subscriptions).toBe(0);
      await put(elsewhere, 'one');
      here.feed.missed();
      expect(here.heard).toEqual([]);
    });
  });
}
