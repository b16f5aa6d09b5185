import { checkBounds } from './bounds.mjs';
import { report } from './report.mjs';
import { measureSessionMemory } from './session-memory.mjs';
import { measureStart } from './start-up.mjs';
import { measureWarmCalls } from './warm-calls.mjs';

/** Long enough in the warm-up for the compiler to have seen everything: what is bounded is a warm call. */
const FULL = { rounds: 5, warmUpMs: 1500, measureMs: 2000, sessions: 2000, servers: 100 };
const QUICK = { rounds: 1, warmUpMs: 300, measureMs: 700, sessions: 500, servers: 20 };

/** Calls, listings, idle sessions and starts with registered servers. */
export async function measureServers({ quick, date }) {
  const extent = quick ? QUICK : FULL;
  const rows = await measureWarmCalls(extent);
  console.error(`heap of ${extent.sessions} idle sessions`);
  const bytesPerSession = await measureSessionMemory(extent);
  console.error(`start with ${extent.servers} registered servers`);
  const start = { ...(await measureStart(extent)), servers: extent.servers };
  const bounds = checkBounds({ rows, bytesPerSession, start });
  return { bounds, text: report({ rows, bounds, rounds: extent.rounds, date }) };
}
