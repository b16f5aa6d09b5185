import { randomUUID } from 'node:crypto';
import { confidentialFields } from '../../src/confidential-fields.js';
import type { CollectionSpec } from '../../src/collection.js';
import type { Stores } from './notes.js';
import { ReversingSealer } from './reversing-sealer.js';

type Letter = { to: string; subject: string; body?: string };

const LETTERS = { name: 'letters', indexes: [{ fields: ['to'] }] } satisfies CollectionSpec<Letter>;
const sealed: CollectionSpec<Letter> = { ...LETTERS, confidential: confidentialFields<Letter>({ body: undefined }) };
const VALUE: Letter = { to: 'alice', subject: 'hello', body: 'canary' };

export function exerciseConfidential(stores: Stores): void {
  describe('with confidential fields', () => {
    /** The records as they are in the database. The registry of a store does not allow the two declarations side by side. */
    const asStored = async () => (await stores.another()).collection<Letter>(LETTERS);
    const letters = () => {
      stores.store().sealWith(new ReversingSealer('k1'));
      return stores.store().collection(sealed);
    };

    it('writes them sealed only, and reads them back', async () => {
      const written = await letters().insert(VALUE);
      expect(written).toMatchObject({ value: VALUE, keyId: 'k1' });
      expect(await letters().find({ to: 'alice' })).toEqual([written]);
      const { value } = (await (await asStored()).get(written.id))!;
      expect(value).toMatchObject({ to: 'alice', subject: 'hello' });
      expect(value.body).toBeUndefined();
      expect(JSON.stringify(value)).not.toContain('canary');

      stores.store().sealWith(new ReversingSealer('k2'));
      const updated = await letters().update(written.id, 1, { ...VALUE, body: 'canary two' });
      expect(await letters().get(written.id)).toEqual(updated);
      expect(JSON.stringify(await (await asStored()).get(written.id))).not.toContain('canary');
    });

    it('refuses to write them without keys', async () => {
      const records = stores.store().collection(sealed);
      await expect(records.insert(VALUE, { id: 'a' })).rejects.toThrow('"letters" has confidential fields');
      expect(await (await asStored()).get('a')).toBeUndefined();
      await expect(records.insert({ to: 'bob', subject: 'nothing to hide' })).resolves.toMatchObject({ revision: 1 });
    });

    it('says which record does not open, and reads the others', async () => {
      const [one, other] = [await letters().insert(VALUE), await letters().insert(VALUE)];
      const plain = await asStored();
      const moved = (await plain.get(other.id))!.value;
      await plain.update(one.id, 1, moved);
      expect(await letters().get(one.id)).toMatchObject({ isUnreadable: true, value: { to: 'alice' } });
      expect((await letters().get(one.id))!.value.body).toBeUndefined();
      expect((await letters().find({})).map(({ isUnreadable }) => isUnreadable ?? false)).toEqual([true, false]);
    });

    it('seals what is in the clear, once', async () => {
      const plain = await asStored();
      const ids = [randomUUID(), randomUUID()];
      for (const id of ids) await plain.insert({ ...VALUE, to: id }, { id });
      await plain.insert({ to: 'nobody', subject: 'nothing to hide' });
      await letters().insert(VALUE);
      expect(await letters().get(ids[0]!)).toMatchObject({ value: { ...VALUE, to: ids[0] } });

      expect(await stores.store().sealExisting(sealed)).toBe(2);
      expect(await stores.store().sealExisting(sealed)).toBe(0);
      expect(JSON.stringify(await plain.find({}))).not.toContain('canary');
      expect(await letters().find({ to: ids[1] })).toMatchObject([{ value: { ...VALUE, to: ids[1] }, revision: 2 }]);
    });
  });
}
