/**
 * npm run soak -- [--minutes 30]
 *
 * Churn and faults against one gateway in production mode on SQLite: sessions that come, go and are forgotten, streams, calls that are
 * given up, rubbish, servers that crash, come and go. Heap, resident memory, descriptors, handles and processes have to stay flat.
 * Exit code 0 where they do.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Agent, setGlobalDispatcher } from 'undici';
import { Inspector, INSPECTED } from '../inspector.mjs';
import { GatewayHome } from '../programs.mjs';
import { Churn } from './churn.mjs';
import { sampleOf } from './samples.mjs';
import { verdict } from './verdict.mjs';

const SESSION_IDLE_MS = 10_000;
const SAMPLES = 60;
/** Long enough for sessions to expire, and for connections to be closed. */
const REST_MS = 4 * SESSION_IDLE_MS;
/** Milliseconds of load before the first measurement, in which all that is made only once gets made. */
const FIRST_MS = 10_000;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const totalMs = Number(values.minutes) * 60_000;
if (!(totalMs > 0)) throw new Error('--minutes must be a positive number');

// Connections of clients that have nothing to say are no leak of the gateway's.
setGlobalDispatcher(new Agent({ keepAliveMaxTimeout: 2_000 }));
const home = new GatewayHome();
home.env.MCP_SESSION_IDLE_TIMEOUT_MS = String(SESSION_IDLE_MS);
home.env.AUTH_FAILURES_PER_ADDRESS = '0';
home.env.EVENT_LOOP_DELAY_MAX_MS = '0'; // each look at the heap holds it up
const token = await home.createKey();
const gateway = await home.start([INSPECTED]);
const inspector = await Inspector.connect(home);
const sample = async (when) => {
  const taken = await sampleOf(gateway.pid, inspector);
  const { heap, rss, descriptors, handles, processes } = taken;
  const memory = `heap ${heap.toFixed(1)} MB, resident ${rss.toFixed(0)} MB`;
  console.log(`${when}: ${memory}, ${descriptors} descriptors, ${handles} handles, ${processes} processes`);
  return taken;
};

let churn = new Churn(gateway.url, token);
try {
  await churn.register();
  churn.start();
  await pause(FIRST_MS);
  await churn.stop();
  await pause(REST_MS);
  const before = await sample('before');

  churn = new Churn(gateway.url, token);
  churn.start();
  const during = [];
  while (during.length < SAMPLES) {
    await pause(totalMs / SAMPLES);
    during.push(await sample(`${during.length + 1}/${SAMPLES}`));
  }
  await churn.stop();
  await pause(REST_MS);
  const after = await sample('after');

  const checks = verdict({ before, during, after, faults: churn.faults });
  console.log(`\n${churn.rounds} rounds in ${values.minutes} minutes`);
  for (const [fault, count] of churn.faults) console.log(`${count} × ${fault}`);
  for (const { what, value, limit, unit, met } of checks) {
    console.log(`${met ? 'ok  ' : 'FAIL'} ${what}: ${value.toFixed(2)} ${unit} (at most ${limit})`);
  }
  if (checks.some(({ met }) => !met)) process.exitCode = 1;
} finally {
  inspector.close();
  await gateway.stop();
  home.remove();
}
