import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Row {
  id: string;
  name: string;
  inFlight: number;
  callsPerSecond: number;
  p50: number;
  p99: number;
  cpuPerCall: number;
}
interface MeasuredRow extends Row {
  runs: Row[];
}
interface Bound {
  what: string;
  value: number;
  met: boolean;
}
interface Bench {
  checkBounds(measured: { rows: MeasuredRow[]; bytesPerSession: number; start: object }): Bound[];
  report(measured: { rows: Row[]; bounds: Bound[]; rounds: number; date: string }): string;
  writeInto(path: string, text: string): void;
  Latencies: new () => { add(ms: number): void; summary(seconds: number): Record<string, number> };
}

const load = (name: string) => import(join(import.meta.dirname, '../../bench', name)) as Promise<Bench>;

const row = (id: string, inFlight: number, cpuPerCall: number, callsPerSecond = 1000, p50 = 1): Row => ({
  id,
  name: id,
  inFlight,
  cpuPerCall,
  callsPerSecond,
  p50,
  p99: 2,
});
const inRounds = (rounds: Row[][]): MeasuredRow[] =>
  rounds[0].map((first, index) => ({ ...first, runs: rounds.map((rows) => rows[index]) }));
/** Every value exactly at its limit. */
const atTheLimit = {
  rows: [
    ...[1, 32].flatMap((n) => [row('direct', n, 0.25), row('http', n, 0.5), row('modern', n, 3)]),
    row('legacy', 1, 3, 1000, 1.5),
    row('legacy', 32, 3, 2500),
    row('list', 32, 3),
    row('everything', 32, 9, 1000),
  ],
  bytesPerSession: 20 * 1024,
  start: { servers: 100, listeningMs: 3000, listedMs: 3000, startsAtOnce: 4 },
};

describe('the bounds of the benchmark', () => {
  it('are met at their limits', async () => {
    const { checkBounds } = await load('bounds.mjs');

    expect(checkBounds({ ...atTheLimit, rows: inRounds([atTheLimit.rows]) }).filter((bound) => !bound.met)).toEqual([]);
  });

  it.each([
    ['CPU per call', { rows: atTheLimit.rows.map((r) => (r.id === 'legacy' ? { ...r, cpuPerCall: 3.1 } : r)) }, 2],
    [
      'calls per second',
      { rows: atTheLimit.rows.map((r) => (r.id === 'everything' ? { ...r, callsPerSecond: 1001 } : r)) },
      1,
    ],
    ['latency', { rows: atTheLimit.rows.map((r) => (r.p50 === 1.5 ? { ...r, p50: 1.7 } : r)) }, 1],
    ['heap', { bytesPerSession: 20 * 1024 + 1 }, 1],
    ['start', { start: { servers: 100, listeningMs: 3001, listedMs: 3001, startsAtOnce: 5 } }, 3],
  ])('are missed beyond them: %s', async (_, change, missed) => {
    const { checkBounds } = await load('bounds.mjs');

    const { rows, ...rest } = { ...atTheLimit, ...change };
    expect(checkBounds({ ...rest, rows: inRounds([rows]) }).filter((bound) => !bound.met)).toHaveLength(missed);
  });

  it('compare loads of the same round, and take the median of the rounds', async () => {
    const { checkBounds } = await load('bounds.mjs');
    const slower = (times: number, ids?: string[]): Row[] =>
      atTheLimit.rows.map((r) => (!ids || ids.includes(r.id) ? { ...r, cpuPerCall: times * r.cpuPerCall } : r));
    const rows = inRounds([slower(2), atTheLimit.rows, slower(10, ['legacy', 'modern', 'list'])]);

    expect(checkBounds({ ...atTheLimit, rows }).filter((bound) => !bound.met)).toEqual([]);
  });
});

describe('the report of the benchmark', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-report-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('shows ratios to the direct client, and which bounds were missed', async () => {
    const { report } = await load('report.mjs');
    const bounds = [
      { what: 'heap', value: 21.5, most: 20, unit: 'KB', met: false },
      { what: 'starts', value: 4, most: 4, met: true },
    ];
    const text = report({ rows: atTheLimit.rows, bounds, rounds: 3, date: '2026-01-01' });

    expect(text).toContain('medians of 3 interleaved rounds');
    expect(text).toMatch(/\| legacy +\| +32 \| +2500 \| +1.00 \| +2.00 \| +3.000 \| +2.50 \| +12.00 \|/);
    expect(text).toMatch(/\| heap +\| 21.50 KB +\| ≤ 20 KB +\| \*\*missed\*\* +\|/);
    expect(text).toMatch(/\| starts +\| 4 +\| ≤ 4 +\| met/);
  });

  it('replaces what stands between the markers, and leaves the rest of the page', async () => {
    const { writeInto } = await load('report.mjs');
    const page = join(folder, 'page.md');
    writeFileSync(page, '# Speed\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nthe end\n');
    writeInto(page, 'figures');
    writeInto(page, 'newer figures');

    expect(readFileSync(page, 'utf8')).toBe(
      '# Speed\n<!-- bench:begin -->\n\nnewer figures\n\n<!-- bench:end -->\nthe end\n',
    );
  });

  it('refuses a page without markers', async () => {
    const { writeInto } = await load('report.mjs');
    const page = join(folder, 'page.md');
    writeFileSync(page, '# Speed\n');

    expect(() => writeInto(page, 'figures')).toThrow('no place for the figures');
    expect(readFileSync(page, 'utf8')).toBe('# Speed\n');
  });
});

describe('the latencies of the benchmark', () => {
  it('give median and 99th percentile of more values than they made room for', async () => {
    const { Latencies } = await load('statistics.mjs');
    const latencies = new Latencies();
    for (let value = 200_000; value > 0; value--) latencies.add(value);

    expect(latencies.summary(2)).toEqual({ calls: 200_000, callsPerSecond: 100_000, p50: 100_001, p99: 198_001 });
  });
});
