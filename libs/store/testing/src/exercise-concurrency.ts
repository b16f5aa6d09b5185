import { StoreConflictError, type Stored } from '../../src/collection.js';
import { notes, type Note, type Stores } from './notes.js';

/** How parallel writes ended: who won, and why the others did not. */
function outcomes(results: readonly PromiseSettledResult<Stored<Note>>[]) {
  const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const lost = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  return { won, reasons: lost.map((reason) => (reason instanceof StoreConflictError ? reason.reason : reason)) };
}

export function exerciseConcurrency(stores: Stores): void {
  it('lets one of 100 parallel inserts of a unique key win', async () => {
    const sides = [stores.store().collection(notes), (await stores.another()).collection(notes)];
    const inserts = Array.from({ length: 100 }, (_, index) =>
      sides[index % 2].insert({ owner: 'ann', title: 'milk', body: String(index) }),
    );
    const { won, reasons } = outcomes(await Promise.allSettled(inserts));
    expect(won).toHaveLength(1);
    expect(reasons).toEqual(Array(99).fill('unique'));
    expect(await sides[1].find({ owner: 'ann' })).toEqual(won);
  });

  it('lets one of 50 parallel updates of a revision win', async () => {
    const sides = [stores.store().collection(notes), (await stores.another()).collection(notes)];
    const { id } = await sides[0].insert({ owner: 'ann', title: 'milk' });
    const updates = Array.from({ length: 50 }, (_, index) =>
      sides[index % 2].update(id, 1, { owner: 'ann', title: 'milk', body: String(index) }),
    );
    const { won, reasons } = outcomes(await Promise.allSettled(updates));
    expect(won).toHaveLength(1);
    expect(reasons).toEqual(Array(49).fill('revision'));
    expect(await sides[1].get(id)).toEqual(won[0]);
  });

  it('lets one of several parallel inserts take over the key of an expired record', async () => {
    const collection = stores.store().collection(notes);
    await collection.insert({ owner: 'ann', title: 'milk' }, { expiresAt: Date.now() - 1 });
    const inserts = Array.from({ length: 20 }, () => collection.insert({ owner: 'ann', title: 'milk' }));
    const { won, reasons } = outcomes(await Promise.allSettled(inserts));
    expect(won).toHaveLength(1);
    expect(reasons).toEqual(Array(19).fill('unique'));
  });

  it('shows the writes of one store to another at once', async () => {
    const here = stores.store().collection(notes);
    const there = (await stores.another()).collection(notes);
    const { id } = await here.insert({ owner: 'ann', title: 'milk' });
    expect((await there.get(id))?.revision).toBe(1);
    await there.update(id, 1, { owner: 'ann', title: 'bread' });
    expect((await here.get(id))?.value.title).toBe('bread');
    await here.remove(id);
    expect(await there.count()).toBe(0);
  });

  it('prepares one collection from many sides at the same time', async () => {
    const others = await Promise.all([stores.another(), stores.another(), stores.another()]);
    const inserts = others.map((store, index) =>
      store.collection(notes).insert({ owner: 'ann', title: String(index) }),
    );
    await expect(Promise.all(inserts)).resolves.toHaveLength(3);
  });
}
