import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import Database from 'libsql';
import { SqliteStore } from './sqlite-store.js';
import { StoreUnavailableError, type CollectionSpec } from '../collection.js';
import { SqliteConnection } from './sqlite-connection.js';

const TESTING = resolve(import.meta.dirname, '../../testing');
const TYPESCRIPT = resolve(import.meta.dirname, '../../../../test/support/typescript.mjs');
const ledger: CollectionSpec<{ n: number }> = { name: 'ledger', indexes: [{ fields: ['n'] }] };

let dataDir: string;
let store: SqliteStore | undefined;
let children: ChildProcess[];

beforeEach(async () => {
  children = [];
  dataDir = join(await mkdtemp(join(tmpdir(), 'manifold-sqlite-')), 'data');
});

afterEach(async () => {
  store?.onApplicationShutdown();
  for (const child of children) child.kill('SIGKILL');
  await rm(dirname(dataDir), { recursive: true });
});

function open(): SqliteStore {
  store = new SqliteStore({ dataDir });
  store.onModuleInit();
  return store;
}

/** A process that writes to the same file. `writes` becomes its acknowledged writes, in order: id and revision (0: removed). */
function startWriter(kind = 'usual'): { child: ChildProcess; writes: [id: string, revision: number][] } {
  const args = ['--import', TYPESCRIPT, join(TESTING, 'src/sqlite-writer.ts'), dataDir, kind];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const writes: [string, number][] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) writes.push([line.split(' ')[0], Number(line.split(' ')[1])]);
  });
  return { child, writes };
}

describe('SqliteStore and its file', () => {
  it.each(['usual', 'replaceable'])('loses no acknowledged write when its process is killed: %s', async (kind) => {
    const spec = { ...ledger, replaceable: kind === 'replaceable' };
    const last = new Map<string, number>();
    /** The last acknowledged id of each round: the write after it may have been made, too. */
    const uncertain = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      const { child, writes } = startWriter(kind);
      while (writes.length < 150 + round * 17) await once(child.stdout!, 'data');
      child.kill('SIGKILL');
      await once(child, 'close');
      for (const [id, revision] of writes) last.set(id, revision);
      uncertain.add(writes[writes.length - 1][0]);

      const collection = open().collection(spec);
      for (const [id, revision] of last) {
        const stored = await collection.get(id);
        if (revision === 0) expect(stored).toBeUndefined();
        else if (!uncertain.has(id)) expect(stored?.revision).toBe(revision);
        else if (stored) expect(stored.revision).toBeGreaterThanOrEqual(revision);
      }
      store?.onApplicationShutdown();
    }
    const [check] = new Database(join(dataDir, 'manifold.db')).pragma('integrity_check') as unknown[];
    expect(check).toEqual({ integrity_check: 'ok' });
  });

  it('syncs each write, so that it outlives a loss of power, but not what is replaceable', async () => {
    const writes = jest.spyOn(SqliteConnection.prototype, 'run');
    await open().collection(ledger).insert({ n: 0 });
    await store!.collection<{ n: number }>({ name: 'replaceable', replaceable: true }).insert({ n: 0 });
    const [FULL, NORMAL] = [2, 1];
    expect(writes.mock.contexts.map((connection) => connection.all('pragma synchronous'))).toEqual([
      [{ synchronous: FULL }],
      [{ synchronous: NORMAL }],
    ]);
    writes.mockRestore();
  });

  it('loses nothing when another process comes and goes while it writes in both ways', async () => {
    const collection = open().collection(ledger);
    await collection.insert({ n: 0 });
    await store!.collection<{ n: number }>({ name: 'replaceable', replaceable: true }).insert({ n: 0 });
    const { child } = startWriter();
    await once(child.stdout!, 'data');
    child.stdin?.end();
    await once(child, 'close'); // the last one to close the database removes its log
    const { id } = await collection.insert({ n: -5 });
    const reader = new Database(join(dataDir, 'manifold.db'), { readonly: true });
    expect(reader.prepare('select id from ledger where id = ?').all(id)).toEqual([{ id }]);
    reader.close();
  });

  it('works beside other processes that write to the same new file', async () => {
    const writers = [startWriter(), startWriter(), startWriter()];
    const collection = open().collection(ledger);
    const own = await collection.insert({ n: 0 });
    await Promise.all(writers.map(({ child }) => once(child.stdout!, 'data')));
    await collection.update(own.id, 1, { n: -1 });
    const exits = writers.map(({ child }) => once(child, 'close'));
    for (const { child } of writers) child.stdin?.end();
    expect((await Promise.all(exits)).map(([code]) => code)).toEqual([0, 0, 0]);

    const removed = (writes: [string, number][]) => new Set(writes.filter(([, n]) => n === 0).map(([id]) => id));
    for (const { writes } of writers) {
      const kept = writes.filter(([id]) => !removed(writes).has(id));
      for (const [id] of kept) expect(await collection.get(id)).toBeDefined();
    }
    expect((await collection.get(own.id))?.revision).toBe(2);
  });

  it('makes its folder and its files for this user only', async () => {
    await open().collection(ledger).insert({ n: 1 });
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    const files = await readdir(dataDir);
    expect(files).toContain('manifold.db-wal');
    for (const file of files) expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600);
  });

  it('keeps a write-ahead log, so that readers and the writer do not wait for each other', () => {
    open();
    const reader = new Database(join(dataDir, 'manifold.db'));
    expect(reader.pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    reader.close();
  });

  it('says that it is unavailable where the folder cannot be made', async () => {
    await writeFile(dataDir, 'a file where a folder should be');
    expect(open).toThrow(StoreUnavailableError);
    await expect(new SqliteStore({ dataDir }).collection(ledger).count()).rejects.toThrow(StoreUnavailableError);
  });

  it('says that it is unavailable where the file is no database, and leaves the file alone', async () => {
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'manifold.db'), 'something else entirely, and long enough to look at '.repeat(40));
    expect(open).toThrow(StoreUnavailableError);
    expect((await stat(join(dataDir, 'manifold.db'))).size).toBe(2080);
  });

  it('says that it is unavailable while another process keeps the file to itself, and recovers', async () => {
    const collection = open().collection(ledger);
    await collection.count();
    const other = new Database(join(dataDir, 'manifold.db'));
    other.exec('begin immediate');
    await expect(collection.insert({ n: 1 })).rejects.toThrow(StoreUnavailableError);
    other.exec('rollback');
    await expect(collection.insert({ n: 1 })).resolves.toBeDefined();
    other.close();
  });

  it('says that it is unavailable after its end, as often as it is ended', async () => {
    const ended = open();
    const collection = ended.collection(ledger);
    await collection.insert({ n: 1 });
    ended.onApplicationShutdown();
    ended.onApplicationShutdown();
    await expect(collection.count()).rejects.toThrow(StoreUnavailableError);
    await expect(ended.ping()).rejects.toThrow(StoreUnavailableError);
  });

  it('may be ended before it was started', () => {
    expect(() => new SqliteStore({ dataDir }).onApplicationShutdown()).not.toThrow();
  });

  it('deletes the bytes of expired records from time to time', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'Date'] });
    const collection = open().collection(ledger);
    await collection.insert({ n: 1 }, { expiresAt: Date.now() - 1 });
    await collection.insert({ n: 2 });
    const reader = new Database(join(dataDir, 'manifold.db'));
    const rows = () => reader.prepare('select count(*) as n from ledger').all() as { n: number }[];
    expect(rows()[0].n).toBe(2);
    jest.advanceTimersByTime(10 * 60 * 1000);
    expect(rows()[0].n).toBe(1);
    reader.close();
    jest.useRealTimers();
  });

  it('covers records that were there before an index was declared', async () => {
    await open().collection<{ n: number }>({ name: 'ledger' }).insert({ n: 7 });
    store?.onApplicationShutdown();
    expect(await open().collection(ledger).find({ n: 7 })).toHaveLength(1);
  });

  it('searches through its indexes', async () => {
    const collection = open().collection(ledger);
    await collection.find({ n: 1 });
    const reader = new Database(join(dataDir, 'manifold.db'));
    const sql = `explain query plan select * from ledger where ifnull(doc -> '$.n', 'null') = '1' and id > '' order by id`;
    expect(JSON.stringify(reader.prepare(sql).all())).toContain('USING INDEX ledger.by_n (<expr>=? AND id>?)');
    reader.close();
  });
});
