import { SqliteStore } from '../../src/sqlite/sqlite-store.js';

/**
 * A process of its own that opens the store in the folder of its first argument, and writes until its input ends or it is killed: inserts
 * with now and then an update and a removal; to a collection that is replaceable where the second argument says so. Each write that was
 * acknowledged becomes a line of its output, which is written before the next write starts: `<id> <revision>`, revision 0 for a removal.
 */
/** SQLite's lock is not fair: a process that writes without a pause can keep others out until they give up. */
const PAUSE_MS = 2;
const [dataDir, kind] = process.argv.slice(2);
const store = new SqliteStore({ dataDir });
const collection = store.collection<{ n: number }>({
  name: 'ledger',
  replaceable: kind === 'replaceable',
  indexes: [{ fields: ['n'] }],
});

const acknowledge = (id: string, revision: number) =>
  new Promise<void>((resolve) => process.stdout.write(`${id} ${revision}\n`, () => resolve()));

async function writeOn(n: number): Promise<void> {
  const { id } = await collection.insert({ n });
  await acknowledge(id, 1);
  if (n % 3 === 0) {
    await collection.update(id, 1, { n: -n });
    await acknowledge(id, 2);
  }
  if (n % 7 === 0) {
    await collection.remove(id);
    await acknowledge(id, 0);
  }
}

async function run(): Promise<void> {
  let ended = false;
  process.stdin.on('end', () => (ended = true)).resume();
  for (let n = 1; !ended; n += 1) {
    await writeOn(n);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  store.onApplicationShutdown();
}

void run();
