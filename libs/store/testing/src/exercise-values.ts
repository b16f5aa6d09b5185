import type { Collection, CollectionSpec, Fields } from '../../src/collection.js';
import { notes, type Note, type Stores } from './notes.js';

const anything: CollectionSpec<Fields> = { name: 'anything', indexes: [{ fields: ['kind'] }] };

export function exerciseValues(stores: Stores): void {
  const collection = (): Collection<Fields> => stores.store().collection(anything);
  const collectionOfNotes = (): Collection<Note> => stores.store().collection(notes);

  it.each([
    [
      'nested data',
      { kind: 'x', a: [{ b: [[], {}, [null, true, false]] }], empty: '', zero: 0, half: -0.5, big: 2 ** 53 },
    ],
    ['nulls', { kind: null, a: null, list: [null] }],
    ['keys of JSON Schema', { $schema: 'https://x/y', $ref: '#/$defs/a', $defs: { a: { $id: 'a' } }, $gt: '' }],
    ['keys with dots, dollars and nothing', { 'a.b': { 'c.d': 1 }, a$: 1, '': 'empty key', '.': { $: 1 } }],
    ['keys of the store itself', { _id: 'mine', id: 'mine', revision: 99, expiresAt: 1, doc: 'd', key: { kind: 1 } }],
    ['text of every kind', { text: 'Zoë 😀 \u2028 \\ " \u0000 \ud800 \r\n', 'k\u0000ey': 'x' }],
    ['the order of keys', { z: 1, a: 2, m: { y: 1, b: 2 } }],
  ])('returns %s as it was', async (_, value: Fields) => {
    const { id } = await collection().insert(value);
    const stored = await collection().get(id);
    expect(JSON.stringify(stored?.value)).toBe(JSON.stringify(value));
  });

  it('returns keys that look like prototypes as plain keys', async () => {
    const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"kind":"x"}';
    const { id } = await collection().insert(JSON.parse(text) as Fields);
    const stored = await collection().get(id);
    expect(JSON.stringify(stored?.value)).toBe(text);
    expect(({} as Fields).polluted).toBeUndefined();
    expect(stored?.value.polluted).toBeUndefined();
  });

  it('drops keys without a value, and says so in the answer to the write', async () => {
    const stored = await collection().insert({ kind: 'x', absent: undefined, nested: { absent: undefined } });
    expect(Object.keys(stored.value)).toEqual(['kind', 'nested']);
    expect(await collection().get(stored.id)).toStrictEqual(stored);
  });

  it('shares no object with its callers', async () => {
    const list = ['a'];
    const stored = await collection().insert({ kind: 'x', list });
    list.push('b');
    (stored.value.list as string[]).push('c');
    expect((await collection().get(stored.id))?.value.list).toEqual(['a']);
  });

  it('keeps a value of 1 MB', async () => {
    const body = 'ä😀"\\'.repeat(150_000);
    const { id } = await collectionOfNotes().insert({ owner: 'ann', title: 'big', body });
    expect((await collectionOfNotes().get(id))?.value.body === body).toBe(true);
    const [found] = await collectionOfNotes().find({ owner: 'ann' });
    expect(found.id).toBe(id);
  });

  it('tells the types of indexed values apart, and takes a missing value for null', async () => {
    const values = [true, 1, '1', 'true', null, undefined, '', 0, false, 'x\0y', 'x'];
    for (const [index, flag] of values.entries()) {
      await collectionOfNotes().insert({ owner: 'ann', title: String(index), flag });
    }
    const titles = async (flag: Note['flag']) =>
      (await collectionOfNotes().find({ flag })).map(({ value }) => values[Number(value.title)]);
    for (const flag of [true, 1, '1', 'true', '', 0, false, 'x\0y', 'x']) expect(await titles(flag)).toEqual([flag]);
    expect(await titles(null)).toEqual([null, undefined]);
  });

  it('compares with an object where a caller smuggled one in, and never runs it', async () => {
    await collectionOfNotes().insert({ owner: 'ann', title: 'milk' });
    const operator = { $gt: '' } as unknown as string;
    expect(await collectionOfNotes().find({ owner: operator })).toEqual([]);
    expect(await collectionOfNotes().removeWhere({ owner: operator })).toBe(0);
    expect(await collectionOfNotes().find({ owner: "ann' or '1'='1" })).toEqual([]);
  });
}
