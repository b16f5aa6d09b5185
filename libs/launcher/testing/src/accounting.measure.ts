/* What it costs to watch 100 programs that rest, each of three processes. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMs, report } from '../../../../test/support/measuring/measures.js';
import { launchOf, TestLauncher } from './index.js';

const PROGRAMS = 100;
const PROCESSES_EACH = 3;
/** By then the processes are known: longer than the longest rest between two looks. */
const SETTLED_MS = 6000;
const PERIOD_MS = 20_000;

const at = await TestLauncher.start();
const script = 'sleep 1000 & sleep 1000 & wait';
const programs = await Promise.all(
  Array.from({ length: PROGRAMS }, () => at.launcher.start(launchOf({ command: 'sh', args: ['-c', script] }))),
);

/** Reads as many files of /proc as there are processes: the least that one look can do. */
function pass(): void {
  for (const { pid } of programs)
    for (let process = 0; process < PROCESSES_EACH; process += 1) readFileSync(`/proc/${pid}/statm`);
}
const passes = (): number[] => Array.from({ length: 10 }, () => cpuMs(pass));

await delay(SETTLED_MS);
const passesBefore = passes();
const start = performance.now();
const before = process.cpuUsage();
await delay(PERIOD_MS);
const { user, system } = process.cpuUsage(before);
const elapsed = performance.now() - start;
const passMs = [...passesBefore, ...passes()].sort((one, other) => one - other)[10]!;
await Promise.all(programs.map((program) => program.kill()));
at.end();
const spentMs = (user + system) / 1000;
report({ passesPerSecond: spentMs / passMs / (elapsed / 1000), percent: (spentMs / elapsed) * 100 });
process.exit(0);
