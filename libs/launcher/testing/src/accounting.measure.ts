/* Measures the cost of watching 100 programs that rest, each of three processes. */
import { setTimeout as delay } from 'node:timers/promises';
import { report } from '../../../../test/support/measuring/measures.js';
import { launchOf, TestLauncher } from './index.js';

const PROGRAMS = 100;
/** By then the processes are known: longer than the longest rest between two looks. */
const SETTLED_MS = 6000;
const PERIOD_MS = 20_000;

const at = await TestLauncher.start();
const script = 'sleep 1000 & sleep 1000 & wait';
const programs = await Promise.all(
  Array.from({ length: PROGRAMS }, () => at.launcher.start(launchOf({ command: 'sh', args: ['-c', script] }))),
);
await delay(SETTLED_MS);
const start = performance.now();
const before = process.cpuUsage();
await delay(PERIOD_MS);
const { user, system } = process.cpuUsage(before);
const elapsed = performance.now() - start;
await Promise.all(programs.map((program) => program.kill()));
at.end();
report({ percent: (user + system) / 10 / elapsed });
process.exit(0);
