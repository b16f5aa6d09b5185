/**
 * npm run bench -- [--quick] [--strict] [--write docs/PERFORMANCE.md]
 *
 * Measures the gateway against a direct client of the same upstream, a bare node:http server and server-everything's own
 * endpoint, on this machine, and compares with the project's bounds. Nothing else should run meanwhile.
 */
import { parseArgs } from 'node:util';
import { checkBounds } from './bounds.mjs';
import { report, writeInto } from './report.mjs';
import { measureSessionMemory } from './session-memory.mjs';
import { measureStart } from './start-up.mjs';
import { measureWarmCalls } from './warm-calls.mjs';

const FULL = { rounds: 5, warmUpMs: 500, measureMs: 2000, sessions: 2000, servers: 100 };
const QUICK = { rounds: 1, warmUpMs: 300, measureMs: 700, sessions: 500, servers: 20 };

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, strict: { type: 'boolean' }, write: { type: 'string' } },
});
const extent = options.quick ? QUICK : FULL;

const rows = await measureWarmCalls(extent);
console.error(`heap of ${extent.sessions} idle sessions`);
const bytesPerSession = await measureSessionMemory(extent);
console.error(`start with ${extent.servers} registered servers`);
const start = { ...(await measureStart(extent)), servers: extent.servers };

const bounds = checkBounds({ rows, bytesPerSession, start });
const text = report({ rows, bounds, rounds: extent.rounds, date: new Date().toISOString().slice(0, 10) });
console.log(text);
if (options.write) writeInto(options.write, text);
if (options.strict && bounds.some((bound) => !bound.met)) process.exitCode = 1;
