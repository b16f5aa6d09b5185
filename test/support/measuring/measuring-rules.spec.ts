import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const PROGRAM = join(import.meta.dirname, 'lint-snippets.mjs');

/** Code that measures in a test worker, by the name of its file. */
const REFUSED = {
  'libs/store/src/heap.spec.ts': 'expect(process.memoryUsage().heapUsed).toBeLessThan(1);',
  'libs/store/src/cpu.spec.ts': 'const before = process.cpuUsage();',
  'libs/store/src/resources.spec.ts': 'const { maxRSS } = process.resourceUsage();',
  'libs/store/src/hrtime.spec.ts': 'const start = process.hrtime.bigint();',
  'libs/store/src/timers.spec.ts': "process.getActiveResourcesInfo().filter((name) => name === 'Timeout');",
  'libs/store/src/loop-delay.spec.ts': "import { monitorEventLoopDelay } from 'node:perf_hooks';",
  'libs/store/src/loop-use.spec.ts': 'performance.eventLoopUtilization();',
  'libs/store/src/heap-statistics.spec.ts': "import { getHeapStatistics } from 'v8';",
  'libs/store/src/collection.spec.ts': 'globalThis.gc();',
  'libs/store/src/collection-by-flag.spec.ts': "setFlags('--expose-gc');",
  'libs/store/src/collection-by-context.spec.ts': "runInNewContext('gc');",
  'libs/store/src/weak.spec.ts': 'expect(new WeakRef(seen).deref()).toBeUndefined();',
  'libs/store/src/pgrep.spec.ts': "execFileSync('pgrep', ['-P', '1']);",
  'libs/store/src/pgrep-in-shell.spec.ts': 'execSync(`pgrep -P ${pid}`);',
  'libs/store/src/processes.spec.ts': "readdirSync('/proc');",
  'libs/store/src/descriptors.spec.ts': "readdirSync('/proc/self/fd');",
  'libs/store/src/descriptors-by-id.spec.ts': 'readdirSync(`/proc/${process.pid}/fd`);',
  'libs/store/src/children.spec.ts': 'expect(descendants(process.pid)).toEqual([]);',
  'libs/store/src/time.spec.ts': 'expect(performance.now() - start).toBeLessThan(5);',
  'libs/store/src/time-of-day.spec.ts': 'expect(Date.now() - began.at).toBeLessThan(5);',
  'libs/store/src/cpu-by-name.spec.ts': "process['cpuUsage']();",
  'libs/store/src/heap-by-pattern.spec.ts': 'const { memoryUsage } = process;',
  'libs/store/src/heap-by-import.spec.ts': "import { memoryUsage } from 'node:process';",
  'libs/store/src/heap-statistics-later.spec.ts': "await import('node:v8');",
  'libs/store/src/heap-statistics-required.spec.ts': "require('v8');",
  'libs/store/src/observed.spec.ts': 'new PerformanceObserver(list);',
  'libs/store/src/measures.spec.ts': "import { cpuMs } from '../../../test/support/measuring/measures.js';",
  'libs/store/src/program.spec.ts': "import '../testing/src/some.measure.js';",
  'libs/store/src/first-time.spec.ts': 'expect(performance.now() - times[0]!).toBeLessThan(5);',
  'libs/store/src/own-seed.spec.ts': "import fc from 'fast-check';",
  'libs/store/testing/src/some.ts': 'process.memoryUsage();',
  'test/e2e/some.spec.ts': 'process.memoryUsage();',
  'test/support/some.ts': 'process.memoryUsage();',
};

/** Measuring programs, and specs that move a clock or look at another process. */
const ALLOWED = {
  'libs/store/testing/src/some.measure.ts': 'process.memoryUsage();',
  'libs/store/src/moved-clock.spec.ts':
    "jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 5); const past = Date.now() - 1;",
  'libs/store/src/other-process.spec.ts': "descendants(gateway.pid); readFileSync(`/proc/${pid}/environ`, 'utf8');",
};

describe('the lint rules for what a test worker does not measure', () => {
  const lint = async (...args: string[]): Promise<Readonly<Record<string, readonly string[]>>> => {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...args], { maxBuffer: 2 ** 24 });
    return JSON.parse(stdout) as Record<string, string[]>;
  };
  let messages: Readonly<Record<string, readonly string[]>>;

  beforeAll(async () => void (messages = await lint(JSON.stringify({ ...REFUSED, ...ALLOWED }))));

  it.each(Object.entries(REFUSED))('refuse %s: %s', (file) => expect(messages[file]).toHaveLength(1));
  it('find nothing in all specs and what they share', async () => {
    const files = Object.entries(await lint());
    expect(files.length).toBeGreaterThan(400);
    expect(files.filter(([, found]) => found.length > 0)).toEqual([]);
  });
  it.each(Object.entries(ALLOWED))('allow %s: %s', (file) => expect(messages[file]).toEqual([]));
});
