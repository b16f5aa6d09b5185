import { SingleBus } from '@manifold/bus';
import { Store, type Collection, type CollectionSpec } from '@manifold/store';
import { TestGateway } from '../../../providers/mcp-servers/testing/src/gateway.js';
import { learnedRecords, putFirstLearned, putLearned } from './learned-records.js';
import { ServerTools } from './server-tools.js';

type Learned = { tenant: string; name: string; value: number };

const LEARNED: CollectionSpec<Learned> = {
  name: 'learned',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
};

describe('the learned metadata of a server', () => {
  let gateway: TestGateway;
  let collection: Collection<Learned>;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    collection = gateway.app.get(Store).collection(LEARNED);
  });
  afterAll(() => gateway.destroy());

  const open = () => learnedRecords(LEARNED, gateway.app.get(Store), new SingleBus());
  const stored = async (tenant: string, name: string): Promise<number[]> =>
    (await collection.find({ tenant, name })).map(({ value }) => value.value);

  it('is stored once per server, and the last of many writes at once counts', async () => {
    const records = open();
    await Promise.all(Array.from({ length: 20 }, (_, value) => putLearned(records, { tenant: 'a', name: 'x', value })));
    expect(await stored('a', 'x')).toEqual([19]);
    expect(records.peek({ tenant: 'a', name: 'x' })).toMatchObject({ value: 19 });
  });

  it('survives a restart, and keeps tenants apart', async () => {
    const before = open();
    await putLearned(before, { tenant: 'b', name: 'x', value: 1 });
    await putLearned(before, { tenant: 'c', name: 'x', value: 2 });
    const after = open();
    await after.load();
    expect([
      after.peek({ tenant: 'b', name: 'x' })?.value,
      after.peek({ tenant: 'c', name: 'x' })?.value,
      after.peek({ tenant: 'd', name: 'x' }),
    ]).toEqual([1, 2, undefined]);
  });

  it('is removed after the writes that came before', async () => {
    const records = open();
    await Promise.all([
      putLearned(records, { tenant: 'e', name: 'x', value: 1 }),
      records.remove({ tenant: 'e', name: 'x' }),
    ]);
    expect(await stored('e', 'x')).toEqual([]);
    expect(records.peek({ tenant: 'e', name: 'x' })).toBeUndefined();
  });

  it('is stored once when two gateways learn of one server for the first time', async () => {
    const [one, two] = [open(), open()];
    await Promise.all([
      putLearned(one, { tenant: 'f', name: 'x', value: 1 }),
      putLearned(two, { tenant: 'f', name: 'x', value: 2 }),
    ]);
    expect(await stored('f', 'x')).toHaveLength(1);
  });

  it('is not overwritten by one who knows nothing but that it is there', async () => {
    const [one, two, three] = [open(), open(), open()];
    const learned = { tenant: 'g', name: 'x', value: 1 };
    await putLearned(one, learned);
    expect(await putFirstLearned(two, { ...learned, value: 0 })).toBe(false);
    expect([await stored('g', 'x'), two.peek({ tenant: 'g', name: 'x' })]).toEqual([[1], learned]);
    await Promise.all(
      [two, three].map((records, value) => putFirstLearned(records, { tenant: 'g', name: 'y', value })),
    );
    const [value] = await stored('g', 'y');
    expect([two.peek({ tenant: 'g', name: 'y' })?.value, three.peek({ tenant: 'g', name: 'y' })?.value]).toEqual([
      value,
      value,
    ]);
  });

  it('is shown by a gateway that has only tried to connect the server', async () => {
    const [one, two] = [1, 2].map(() => new ServerTools(gateway.app.get(Store), new SingleBus()));
    await two.onModuleInit();
    await one.update('h', 'x', [{ name: 'echo', inputSchema: { type: 'object' } }]);
    const told: unknown[] = [];
    two.onChanged((changed) => told.push([changed.app, [...two.of('h', 'x')!.names]]));
    await two.markAttempted('h', 'x');
    expect(told).toEqual([
      ['x', []],
      ['x', ['echo']],
    ]);
  });
});
