/* What it takes to watch 100 programs that rest, each of three processes. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { report } from '../../../../test/support/measuring/measures.js';
import { launchOf, TestLauncher } from './index.js';

const PROGRAMS = 100;
/** By then the processes are known: longer than the longest rest between two looks. */
const SETTLED_MS = 6000;
const PERIOD_MS = 20_000;

let reads = 0;
const { openSync } = fs;
fs.openSync = (path, ...rest) => {
  if (String(path).startsWith('/proc/')) reads += 1;
  return openSync(path, ...rest);
};
syncBuiltinESMExports();

const at = await TestLauncher.start();
const script = 'sleep 1000 & sleep 1000 & wait';
const programs = await Promise.all(
  Array.from({ length: PROGRAMS }, () => at.launcher.start(launchOf({ command: 'sh', args: ['-c', script] }))),
);
await delay(SETTLED_MS);
reads = 0;
const start = performance.now();
const before = process.cpuUsage();
await delay(PERIOD_MS);
const { user, system } = process.cpuUsage(before);
const elapsed = performance.now() - start;
const readsPerSecond = reads / (elapsed / 1000);
await Promise.all(programs.map((program) => program.kill()));
at.end();
report({ readsPerSecond, percentOfACore: (user + system) / 10 / elapsed });
process.exit(0);
