import { changeRecord } from '../../src/change-record.js';
import { StoreConflictError, type Collection } from '../../src/collection.js';
import { findAll } from '../../src/find-all.js';
import { heldCollection } from './held-collection.js';
import { notes, type Note, type Stores } from './notes.js';

const MILK = { owner: 'ann', title: 'milk' };

export function exerciseChanges(stores: Stores): void {
  const collection = (): Collection<Note> => stores.store().collection(notes);

  it.each([MILK, 'an id'])('creates, changes and leaves the record of %j', async (place) => {
    const created = await changeRecord(collection(), place, (value) => ({ ...MILK, body: `after ${value?.body}` }));
    expect(created).toMatchObject({ revision: 1, value: { body: 'after undefined' } });
    if (typeof place === 'string') expect(created?.id).toBe(place);
    const changed = await changeRecord(collection(), place, (value) => ({ ...MILK, body: `${value?.body}, twice` }));
    expect(changed).toMatchObject({ id: created?.id, revision: 2, value: { body: 'after undefined, twice' } });
    expect(await changeRecord(collection(), place, () => undefined)).toBeUndefined();
    expect(await collection().find({})).toEqual([changed]);
  });

  it('counts every one of 50 parallel changes, from the creation on', async () => {
    const sides = [collection(), (await stores.another()).collection(notes)];
    const add = (value: Note | undefined): Note => ({ ...MILK, body: String(Number(value?.body ?? 0) + 1) });
    await Promise.all(Array.from({ length: 50 }, (_, index) => changeRecord(sides[index % 2]!, MILK, add)));
    expect(await collection().find(MILK)).toMatchObject([{ value: { body: '50' } }]);
  });

  it('gives up after 100 attempts, with the conflict of the last one', async () => {
    const { id } = await collection().insert(MILK);
    const overtaken: Collection<Note> = new Proxy(collection(), {
      get: (real, operation: keyof Collection<Note>) =>
        operation === 'update' ? () => real.update(id, 0, MILK) : real[operation].bind(real),
    });
    let attempts = 0;
    const change = changeRecord(overtaken, MILK, (value) => {
      attempts += 1;
      return value;
    });
    await expect(change).rejects.toBeInstanceOf(StoreConflictError);
    expect(attempts).toBe(100);
  });

  it('does not repeat a change for another error', async () => {
    const { collection: failing, fail, operations } = heldCollection(collection());
    fail(['insert']);
    await expect(changeRecord(failing, MILK, () => MILK)).rejects.toThrow('cut');
    expect(operations).toEqual(['find', 'insert']);
  });

  it('reads all records, and those with equal fields, page by page', async () => {
    for (let index = 0; index < 1_001; index += 1) await collection().insert({ owner: 'ann', title: String(index) });
    await collection().insert({ owner: 'bob', title: 'milk' });
    const titles = (await findAll(collection(), { owner: 'ann' })).map(({ value }) => value.title);
    expect(titles).toEqual(Array.from({ length: 1_001 }, (_, index) => String(index)));
    expect(await findAll(collection())).toHaveLength(1_002);
  });
}
