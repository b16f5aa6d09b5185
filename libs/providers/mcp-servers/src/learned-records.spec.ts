import { SingleBus } from '@manifold/bus';
import { Store, type Collection, type CollectionSpec } from '@manifold/store';
import { TestGateway } from '../testing/src/gateway.js';
import { everyRecord } from './every-record.js';
import { LearnedRecords } from './learned-records.js';

type Learned = { tenant: string; name: string; value: number };

const LEARNED: CollectionSpec<Learned> = {
  name: 'learned',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
};

describe('what the gateway learned of its servers', () => {
  let gateway: TestGateway;
  let collection: Collection<Learned>;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    collection = gateway.app.get(Store).collection(LEARNED);
  });
  afterAll(() => gateway.destroy());

  const open = () => new LearnedRecords(LEARNED, gateway.app.get(Store), new SingleBus());
  const stored = async (tenant: string, name: string): Promise<number[]> =>
    (await collection.find({ tenant, name })).map(({ value }) => value.value);

  it('is stored once per server, and the last of many writes at once counts', async () => {
    const records = open();
    await Promise.all(Array.from({ length: 20 }, (_, value) => records.put({ tenant: 'a', name: 'x', value })));
    expect(await stored('a', 'x')).toEqual([19]);
    expect(records.get('a', 'x')).toMatchObject({ value: 19 });
  });

  it('survives a restart, and keeps tenants apart', async () => {
    const before = open();
    await before.put({ tenant: 'b', name: 'x', value: 1 });
    await before.put({ tenant: 'c', name: 'x', value: 2 });
    const after = open();
    await after.load();
    expect([after.get('b', 'x')?.value, after.get('c', 'x')?.value, after.get('d', 'x')]).toEqual([1, 2, undefined]);
  });

  it('is removed after the writes that came before', async () => {
    const records = open();
    await Promise.all([records.put({ tenant: 'e', name: 'x', value: 1 }), records.remove('e', 'x')]);
    expect(await stored('e', 'x')).toEqual([]);
    expect(records.get('e', 'x')).toBeUndefined();
  });

  it('is stored once when two gateways learn of one server for the first time', async () => {
    const [one, two] = [open(), open()];
    await Promise.all([one.put({ tenant: 'f', name: 'x', value: 1 }), two.put({ tenant: 'f', name: 'x', value: 2 })]);
    expect(await stored('f', 'x')).toHaveLength(1);
  });

  it('is not overwritten by one who knows nothing but that it is there', async () => {
    const [one, two, three] = [open(), open(), open()];
    const told: unknown[] = [];
    await two.load((...learned) => void told.push(learned));
    const learned = { tenant: 'g', name: 'x', value: 1 };
    await one.put(learned);
    await two.putFirst({ ...learned, value: 0 });
    expect([await stored('g', 'x'), two.get('g', 'x'), told]).toEqual([[1], learned, [['g', 'x', learned]]]);
    await Promise.all([two, three].map((records, value) => records.putFirst({ tenant: 'g', name: 'y', value })));
    const [value] = await stored('g', 'y');
    expect([two.get('g', 'y')?.value, three.get('g', 'y')?.value]).toEqual([value, value]);
  });

  it('is read page by page', async () => {
    const many = gateway.app.get(Store).collection<{ n: number }>({ name: 'many' });
    for (let n = 0; n < 1_001; n += 1) await many.insert({ n });
    expect((await everyRecord(many)).map(({ value }) => value.n)).toEqual(Array.from({ length: 1_001 }, (_, n) => n));
  });
});
