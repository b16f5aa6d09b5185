import { StoreConflictError, type Collection } from '../../src/collection.js';
import { notes, type Note, type Stores } from './notes.js';

export function exerciseRecords(stores: Stores): void {
  const collection = (): Collection<Note> => stores.store().collection(notes);

  it('answers a ping', async () => {
    await expect(stores.store().ping()).resolves.toBeUndefined();
  });

  it('returns what was inserted, under a minted id and revision 1', async () => {
    const stored = await collection().insert({ owner: 'ann', title: 'milk', body: 'two litres' });
    expect(stored).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      revision: 1,
      value: { owner: 'ann', title: 'milk', body: 'two litres' },
    });
    expect(await collection().get(stored.id)).toEqual(stored);
  });

  it('keeps an id that was given, and refuses it a second time', async () => {
    await collection().insert({ owner: 'ann', title: 'milk' }, { id: 'ids with Ünïcode/[]"$.' });
    expect((await collection().get('ids with Ünïcode/[]"$.'))?.value.title).toBe('milk');
    const again = collection().insert({ owner: 'ann', title: 'bread' }, { id: 'ids with Ünïcode/[]"$.' });
    await expect(again).rejects.toMatchObject({ name: 'StoreConflictError', reason: 'unique' });
  });

  it('finds nothing under an id that cannot exist, and stores nothing under it', async () => {
    await collection().insert({ owner: 'ann', title: 'milk' }, { id: 'a' });
    for (const id of ['', 'a\0b', '\ud800']) {
      expect(await collection().get(id)).toBeUndefined();
      expect(await collection().remove(id)).toBe(false);
      await expect(collection().insert({ owner: 'bob', title: 'milk' }, { id })).rejects.toThrow('cannot be stored');
    }
    expect(await collection().count()).toBe(1);
  });

  it('replaces a value and counts its revisions', async () => {
    const first = await collection().insert({ owner: 'ann', title: 'milk', body: 'two litres' });
    const second = await collection().update(first.id, 1, { owner: 'ann', title: 'bread' });
    expect(second).toEqual({ id: first.id, revision: 2, value: { owner: 'ann', title: 'bread' } });
    expect(await collection().get(first.id)).toEqual(second);
    expect(await collection().find({ owner: 'ann', title: 'milk' })).toEqual([]);
    expect(await collection().find({ owner: 'ann', title: 'bread' })).toEqual([second]);
  });

  it('refuses an update of a revision that has passed, and of a record that is gone', async () => {
    const { id } = await collection().insert({ owner: 'ann', title: 'milk' });
    await collection().update(id, 1, { owner: 'ann', title: 'bread' });
    const stale = collection().update(id, 1, { owner: 'ann', title: 'eggs' });
    await expect(stale).rejects.toMatchObject({ name: 'StoreConflictError', reason: 'revision' });
    await collection().remove(id);
    await expect(collection().update(id, 2, { owner: 'ann', title: 'eggs' })).rejects.toBeInstanceOf(
      StoreConflictError,
    );
  });

  it('refuses an update that takes another record’s unique key, and leaves both as they were', async () => {
    const milk = await collection().insert({ owner: 'ann', title: 'milk' });
    const bread = await collection().insert({ owner: 'ann', title: 'bread' });
    const taken = collection().update(bread.id, 1, { owner: 'ann', title: 'milk' });
    await expect(taken).rejects.toMatchObject({ reason: 'unique' });
    expect(await collection().find({ owner: 'ann' })).toEqual([milk, bread]);
  });

  it('frees a unique key with the record that held it', async () => {
    const { id } = await collection().insert({ owner: 'ann', title: 'milk' });
    expect(await collection().remove(id)).toBe(true);
    expect(await collection().remove(id)).toBe(false);
    await expect(collection().insert({ owner: 'ann', title: 'milk' })).resolves.toMatchObject({ revision: 1 });
  });

  it('finds by each declared index, whatever the order of the fields, and by no other field', async () => {
    await collection().insert({ owner: 'ann', title: 'milk' });
    await collection().insert({ owner: 'bob', title: 'milk' });
    expect(await collection().find({ title: 'milk', owner: 'bob' })).toHaveLength(1);
    expect(await collection().find({ owner: 'ann' })).toHaveLength(1);
    expect(await collection().find({})).toHaveLength(2);
    await expect(collection().find({ title: 'milk' })).rejects.toThrow('no index on (title)');
    await expect(collection().find({ body: 'x' })).rejects.toThrow('no index on (body)');
    await expect(collection().find({ owner: undefined })).rejects.toThrow('no value for "owner"');
  });

  it('pages through records in the order of their creation', async () => {
    const titles = Array.from({ length: 23 }, (_, index) => `note ${index}`);
    for (const title of titles) await collection().insert({ owner: 'ann', title });
    await collection().insert({ owner: 'bob', title: 'of somebody else' });
    const seen: string[] = [];
    let page = await collection().find({ owner: 'ann' }, { limit: 10 });
    while (page.length > 0) {
      seen.push(...page.map(({ value }) => value.title));
      const last = page[page.length - 1].id;
      await collection().remove(last); // a cursor outlives its record
      page = await collection().find({ owner: 'ann' }, { limit: 10, after: last });
    }
    expect(seen).toEqual(titles);
  });

  it('finds 1,000 records at most unless told', async () => {
    const titles = Array.from({ length: 1001 }, (_, index) => `note ${index}`);
    for (const title of titles) await collection().insert({ owner: 'ann', title });
    expect(await collection().find({ owner: 'ann' })).toHaveLength(1000);
    expect(await collection().find({ owner: 'ann' }, { limit: 2000 })).toHaveLength(1001);
  });

  it('counts and removes what a search finds, and never everything', async () => {
    await collection().insert({ owner: 'ann', title: 'milk' });
    await collection().insert({ owner: 'ann', title: 'bread' });
    await collection().insert({ owner: 'bob', title: 'milk' });
    expect(await collection().count()).toBe(3);
    expect(await collection().count({ owner: 'ann' })).toBe(2);
    await expect(collection().removeWhere({})).rejects.toThrow('cannot be emptied');
    await expect(collection().removeWhere({ owner: undefined })).rejects.toThrow('no value');
    expect(await collection().removeWhere({ owner: 'ann' })).toBe(2);
    expect(await collection().removeWhere({ owner: 'ann' })).toBe(0);
    expect(await collection().count()).toBe(1);
  });

  it('keeps collections apart', async () => {
    const drafts = stores.store().collection({ ...notes, name: 'drafts' });
    await collection().insert({ owner: 'ann', title: 'milk' }, { id: 'one' });
    await drafts.insert({ owner: 'ann', title: 'milk' }, { id: 'one' });
    await drafts.remove('one');
    expect(await collection().count()).toBe(1);
  });

  it('refuses names that do not belong into a statement, and a second declaration that differs', () => {
    const declare = (name: string, field: string) => () =>
      stores.store().collection<Record<string, string>>({ name, indexes: [{ fields: [field] }] });
    expect(declare('a"; drop table notes; --', 'owner')).toThrow('not a valid name for a collection');
    expect(declare('Notes', 'owner')).toThrow('not a valid name for a collection');
    expect(declare('things', "a') or 1=1 --")).toThrow('not a valid name for an indexed field');
    expect(declare('things', '$where')).toThrow('not a valid name for an indexed field');
    expect(declare('things', 'owner')).not.toThrow();
    expect(declare('things', 'owner')).not.toThrow();
    expect(declare('things', 'title')).toThrow('declared twice');
  });

  it('keeps everything over a restart', async () => {
    const expiresAt = Date.now() + 3_600_000;
    const milk = await collection().insert({ owner: 'ann', title: 'milk' });
    await collection().update(milk.id, 1, { owner: 'ann', title: 'bread' }, { expiresAt });
    const reopened = (await stores.restart()).collection(notes);
    const expected = { id: milk.id, revision: 2, expiresAt, value: { owner: 'ann', title: 'bread' } };
    expect(await reopened.find({ owner: 'ann' })).toEqual([expected]);
    await expect(reopened.insert({ owner: 'ann', title: 'bread' })).rejects.toBeInstanceOf(StoreConflictError);
  });

  it('keeps collections of secrets over a restart', async () => {
    const spec = { ...notes, name: 'sealed', secret: true };
    const { id } = await stores.store().collection(spec).insert({ owner: 'ann', title: 'key' });
    const reopened = (await stores.restart()).collection(spec);
    expect((await reopened.get(id))?.value.title).toBe('key');
  });
}
