import { StoreConflictError, type Collection } from '../../src/collection.js';
import { notes, type Note, type Stores } from './notes.js';

/** A time that has come, so that no test has to wait. */
const past = () => Date.now() - 1;
const future = () => Date.now() + 3_600_000;

export function exerciseExpiry(stores: Stores): void {
  const collection = (): Collection<Note> => stores.store().collection(notes);

  it('shows nothing of a record that has expired', async () => {
    const { id } = await collection().insert({ owner: 'ann', title: 'milk' }, { expiresAt: past() });
    expect(await collection().get(id)).toBeUndefined();
    expect(await collection().find({ owner: 'ann' })).toEqual([]);
    expect(await collection().count()).toBe(0);
    await expect(collection().update(id, 1, { owner: 'ann', title: 'bread' })).rejects.toMatchObject({
      reason: 'revision',
    });
    expect(await collection().remove(id)).toBe(false);
    expect(await collection().removeWhere({ owner: 'ann' })).toBe(0);
  });

  it('frees the id and the unique key of a record that has expired', async () => {
    await collection().insert({ owner: 'ann', title: 'milk' }, { id: 'one', expiresAt: past() });
    await collection().insert({ owner: 'bob', title: 'milk' }, { id: 'two', expiresAt: past() });
    await expect(collection().insert({ owner: 'ann', title: 'milk' }, { id: 'two' })).resolves.toBeDefined();
    await expect(collection().insert({ owner: 'ann', title: 'milk' })).rejects.toBeInstanceOf(StoreConflictError);
  });

  it('lets an update take the unique key of a record that has expired', async () => {
    await collection().insert({ owner: 'ann', title: 'milk' }, { expiresAt: past() });
    const { id } = await collection().insert({ owner: 'ann', title: 'bread' });
    const updated = await collection().update(id, 1, { owner: 'ann', title: 'milk' });
    expect(updated.revision).toBe(2);
  });

  it('keeps a record until its time, through updates that do not name one', async () => {
    const expiresAt = future();
    const { id } = await collection().insert({ owner: 'ann', title: 'milk' }, { expiresAt });
    const updated = await collection().update(id, 1, { owner: 'ann', title: 'bread' });
    expect(updated.expiresAt).toBe(expiresAt);
    const moved = await collection().update(id, 2, { owner: 'ann', title: 'bread' }, { expiresAt: expiresAt + 1 });
    expect((await collection().get(id))?.expiresAt).toBe(expiresAt + 1);
    await collection().update(id, moved.revision, { owner: 'ann', title: 'bread' }, { expiresAt: past() });
    expect(await collection().get(id)).toBeUndefined();
  });
}
