import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '@manifold/config';
import { Metrics } from '@manifold/metrics';
import { StoreUnavailableError, type Store } from '@manifold/store';
import { temporaryStore, type OpenStore } from '@manifold/store/testing';
import { parseExposition, valueOf } from '../../../test/support/exposition.js';
import { figuresOf } from '../../../test/support/measuring/figures-of.js';
import { standInStore } from '../testing/src/stand-in-store.js';
import type { AuditEvent } from './audit-entry.js';
import { AuditLog } from './audit-log.js';
import { AuditRecords } from './audit-records.js';
import { AuditSearch, type AuditFilter } from './audit-search.service.js';

const NOW = Date.now() - 60_000;
const config = loadConfig({});
const principalOf = (tenant: string, subject: string): string => JSON.stringify([tenant, 'manifold', subject]);

const event = (number: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  time: NOW + number,
  tenant: 'a',
  principal: principalOf('a', 'alice'),
  action: 'tools/call',
  server: 'mail',
  tool: 'send',
  decision: 'allowed',
  outcome: 'ok',
  requestId: `request-${number}`,
  ...more,
});

function auditOn(store: Store, settings = config) {
  const records = new AuditRecords(store, settings);
  const log = new AuditLog(records, settings);
  return { log, records, search: new AuditSearch(log, records) };
}

const databases: [string, () => Promise<OpenStore>, string][] = [
  ['SQLite', temporaryStore, 'sqlite'],
  ['MongoDB (stand-in)', standInStore, 'mongo'],
];

describe.each(databases)('the audit log on %s', (_name, open, database) => {
  let opened: OpenStore;

  beforeEach(async () => (opened = await open()));
  afterEach(() => opened.close());

  const pages = async (search: AuditSearch, tenant: string, filter: AuditFilter, limit: number) => {
    const ids: string[] = [];
    let page = await search.page(tenant, filter, limit);
    for (;;) {
      ids.push(...page.entries.map(({ requestId }) => requestId!));
      if (!page.next) return ids;
      page = await search.page(tenant, filter, limit, page.next);
    }
  };

  it('shows the newest first, page by page, nothing twice and nothing left out', async () => {
    const { log, search } = auditOn(opened.store);
    for (let number = 0; number < 1_234; number += 1) log.append(event(number * 7));
    const all = Array.from({ length: 1_234 }, (_, index) => `request-${(1_233 - index) * 7}`);
    expect(await pages(search, 'a', {}, 100)).toEqual(all);
    expect(await pages(search, 'a', {}, 1_000)).toEqual(all);
    const exported: string[] = [];
    for await (const { requestId } of search.all('a', {})) exported.push(requestId!);
    expect(exported).toEqual(all);
  });

  it('shows everything to all who search at once', async () => {
    const { log, search } = auditOn(opened.store);
    for (let number = 0; number < 1_200; number += 1) log.append(event(number));
    const found = await Promise.all(Array.from({ length: 4 }, () => pages(search, 'a', {}, 1_000)));
    expect(found.map(({ length }) => length)).toEqual([1_200, 1_200, 1_200, 1_200]);
  });

  it('takes a fifth of the place that the entries would take at most', async () => {
    const { log, search } = auditOn(opened.store);
    for (let number = 0; number < 1_000; number += 1) log.append(event(number));
    await log.flush();
    const { entries } = await search.page('a', {}, 1_000);
    const stored = await opened.store.collection({ name: 'audit_log', indexes: [{ fields: ['tenant'] }] }).find({});
    expect(JSON.stringify(stored).length * 5).toBeLessThan(JSON.stringify(entries).length);
  });

  it('puts into one order what several replicas wrote at the same time', async () => {
    const [one, two] = [auditOn(opened.store), auditOn(opened.store)];
    for (let number = 0; number < 900; number += 1) (number % 3 === 0 ? one : two).log.append(event(number * 20));
    await two.log.flush();
    await one.log.flush();
    const times = (await one.search.page('a', {}, 1_000)).entries.map(({ time }) => time - NOW);
    expect(times).toEqual(Array.from({ length: 900 }, (_, index) => (899 - index) * 20));
  });

  it('keeps apart entries of one millisecond', async () => {
    const { log, search } = auditOn(opened.store);
    for (let number = 0; number < 450; number += 1) log.append(event(0, { requestId: `same-${number}` }));
    const ids = await pages(search, 'a', {}, 7);
    expect(ids).toEqual(Array.from({ length: 450 }, (_, index) => `same-${449 - index}`));
  });

  it.each<[AuditFilter, number[]]>([
    [{ from: NOW + 3, to: NOW + 5 }, [5, 4, 3]],
    [{ to: NOW + 1 }, [1, 0]],
    [{ from: NOW + 19_998 }, [20_000]],
    [{ principal: 'bob' }, [4]],
    [{ principal: principalOf('a', 'bob') }, [4]],
    [{ action: 'POST /mcp/servers' }, [3]],
    [{ server: 'files' }, [2]],
    [{ tool: 'read' }, [2]],
    [{ outcome: 'refused' }, [1]],
    [{ requestId: 'request-5' }, [5]],
    [{ server: 'files', outcome: 'refused' }, []],
  ])('finds by %j', async (filter, expected) => {
    const { log, search } = auditOn(opened.store);
    const special: Partial<AuditEvent>[] = [
      {},
      { outcome: 'refused' },
      { server: 'files', tool: 'read' },
      { action: 'POST /mcp/servers' },
      { principal: principalOf('a', 'bob') },
      {},
    ];
    special.forEach((more, number) => log.append(event(number, more)));
    log.append(event(20_000));
    const { entries } = await search.page('a', filter, 100);
    expect(entries.map(({ time }) => time - NOW)).toEqual(expected);
  });

  it('shows a tenant nothing of another', async () => {
    const { log, search } = auditOn(opened.store);
    log.append(event(1));
    log.append(event(2, { tenant: 'b', requestId: 'of-b' }));
    expect(await pages(search, 'a', {}, 100)).toEqual(['request-1']);
    expect(await pages(search, 'b', {}, 100)).toEqual(['of-b']);
    expect(await pages(search, 'b', { requestId: 'request-1' }, 100)).toEqual([]);
  });

  it('lets entries go when their days are over', async () => {
    const { log, search } = auditOn(opened.store, loadConfig({ AUDIT_RETENTION_DAYS: '1' }));
    log.append(event(0, { time: Date.now() - 25 * 3600 * 1000, requestId: 'old-one' }));
    log.append(event(1));
    expect(await pages(search, 'a', {}, 100)).toEqual(['request-1']);
  });

  it('writes a burst of 10,000 entries without holding the process up for long', async () => {
    const program = join(import.meta.dirname, '../testing/src/audit-burst.measure.ts');
    const { medianDelayMs } = await figuresOf<'medianDelayMs'>(program, database);
    // Milliseconds, 5 of them the resolution: entries are packed in portions, and no call is to wait so long for one.
    expect(medianDelayMs).toBeLessThan(100);
  });
});

describe('the audit log', () => {
  it('writes what waits when it is stopped', async () => {
    const { store, close } = await temporaryStore();
    const { log, records } = auditOn(store);
    log.append(event(1));
    await log.beforeApplicationShutdown();
    log.append(event(2));
    await log.onApplicationShutdown();
    const found: number[] = [];
    for await (const { time } of records.read('a', 0, Infinity)) found.push(time - NOW);
    expect(found).toEqual([2, 1]);
    await close();
  });

  it('writes twice a second at most, however steadily entries come', async () => {
    const { store, close } = await temporaryStore();
    const { log, records } = auditOn(store);
    const append = records.append.bind(records);
    const written: { at: number; entries: number }[] = [];
    records.append = (tenant, entries) => {
      written.push({ at: performance.now(), entries: entries.length });
      return append(tenant, entries);
    };
    for (let number = 0; number < 1_000; number += 1) {
      log.append(event(number));
      await pause(1);
    }
    await log.flush();
    expect(written.reduce((sum, { entries }) => sum + entries, 0)).toBe(1_000);
    // The record that flush() writes does not count, nor one that follows a full record at once.
    const gathered = written.slice(0, -1);
    const pauses = gathered.flatMap(({ at }, index) => {
      const before = gathered[index - 1];
      return before === undefined || before.entries === 500 ? [] : [at - before.at];
    });
    expect(gathered.length).toBeGreaterThanOrEqual(2);
    expect(Math.min(...pauses, 500)).toBeGreaterThan(490);
    await close();
  });

  it('keeps what could not be written, counts what is too much, and writes it all when the database is back', async () => {
    const { store, close } = await temporaryStore();
    const { log, records, search } = auditOn(store);
    const append = records.append.bind(records);
    records.append = () => Promise.reject(new StoreUnavailableError('cut'));
    const lost = async () => valueOf(parseExposition(await new Metrics().text()), 'manifold_audit_dropped_total');
    const before = await lost();
    for (let number = 0; number < 20_005; number += 1) log.append(event(number));
    await log.flush();
    expect((await lost()) - before).toBe(5);
    records.append = append;
    let count = 0;
    for await (const { tenant } of search.all('a', {})) count += Number(tenant === 'a');
    expect(count).toBe(20_000);
    await log.onApplicationShutdown();
    await close();
  });

  it('cuts long names, and counts what is too large as lost (threat 63)', async () => {
    const { store, close } = await temporaryStore();
    const { log, records, search } = auditOn(store);
    const append = records.append.bind(records);
    records.append = () => Promise.reject(new StoreUnavailableError('cut'));
    const lost = async () => valueOf(parseExposition(await new Metrics().text()), 'manifold_audit_dropped_total');
    const before = await lost();
    log.append(event(0, { tool: 'x'.repeat(4_097) }));
    for (let number = 1; number < 5_000; number += 1) log.append(event(number, { tool: 'x'.repeat(4_096) }));
    await log.flush();
    const dropped = (await lost()) - before;
    expect(dropped).toBeGreaterThan(1_000);
    records.append = append;
    const tools: string[] = [];
    for await (const { tool } of search.all('a', {})) tools.push(tool!);
    expect(tools).toHaveLength(5_000 - dropped);
    expect(tools.at(-1)).toMatch(/^x{128}\.\.\. \(4097 characters, sha256 [0-9a-f]{16}\)$/);
    for (let number = 0; number < 20_000; number += 1) log.append(event(number));
    expect((await lost()) - before).toBe(dropped);
    await log.onApplicationShutdown();
    await close();
  });

  it('writes nothing where it is turned off', async () => {
    const { store, close } = await temporaryStore();
    const { log, search } = auditOn(store, loadConfig({ AUDIT_RETENTION_DAYS: '0' }));
    log.append(event(1));
    expect((await search.page('a', {}, 10)).entries).toEqual([]);
    await close();
  });
});
