import { checked } from './bounds.mjs';
import { Inspector, INSPECTED } from './inspector.mjs';
import { measure } from './measure.mjs';
import { GatewayHome, startSimulator } from './programs.mjs';
import { boundsTable, conditions } from './report.mjs';
import { callMcp, legacyRequest, openSession } from './requests.mjs';
import { median } from './statistics.mjs';

const APPS = 10;
const SLOW_MS = 100;
const FULL = { rounds: 5, sessions: 400, tools: 300, searched: 5000, warmUpMs: 1500, measureMs: 2000 };
const QUICK = { rounds: 1, sessions: 50, tools: 300, searched: 5000, warmUpMs: 300, measureMs: 700 };
const PARALLEL = 16;

const userNames = (count) => Array.from({ length: count }, (_, index) => `user-${index}`);

/** First listings, the memory of sessions and searches in front of a simulated Integration.app. */
export async function measureIntegrationApp({ quick, date }) {
  const extent = quick ? QUICK : FULL;
  console.error(`first listings and ${extent.sessions} sessions`);
  const { firstListMs, heapMb } = await measureSessions(extent);
  console.error(`search in ${extent.searched} tools`);
  const searchMs = await measureSearch(extent);
  const bounds = checked([
    {
      what: `first tools/list over ${APPS} apps that take ${SLOW_MS} ms each, p50`,
      value: firstListMs,
      most: 350,
      unit: 'ms',
    },
    {
      what: `heap of ${extent.sessions} sessions of as many users with ${extent.tools} tools each, over idle`,
      value: heapMb,
      most: 60,
      unit: 'MB',
    },
    { what: `search-tools over ${extent.searched} tools at p50, one in flight`, value: searchMs, most: 10, unit: 'ms' },
  ]);
  return { bounds, text: `${conditions({ ...extent, date })}\n\n${boundsTable(bounds)}` };
}

async function measureSessions({ rounds, sessions, tools }) {
  const users = userNames(rounds + sessions);
  return withGateway(
    { apps: APPS, actionsPerApp: tools / APPS, users, slowMs: SLOW_MS },
    [INSPECTED],
    async (gateway, tokens, home) => {
      const inspector = await Inspector.connect(home);
      const times = [];
      for (const token of tokens.slice(0, rounds)) {
        const session = await openSession(gateway.url, token);
        const started = performance.now();
        const { tools: listed } = await callMcp(gateway.url, token, session, 'tools/list');
        times.push(performance.now() - started);
        if (listed.length !== tools) throw new Error(`${listed.length} tools in place of ${tools}`);
      }
      const before = await inspector.heapUsed();
      const waiting = tokens.slice(rounds);
      const openSome = async () => {
        for (let token = waiting.pop(); token; token = waiting.pop()) {
          await callMcp(gateway.url, token, await openSession(gateway.url, token), 'tools/list');
        }
      };
      await Promise.all(Array.from({ length: PARALLEL }, openSome));
      const heapMb = ((await inspector.heapUsed()) - before) / 1024 / 1024;
      inspector.close();
      return { firstListMs: median(times), heapMb };
    },
  );
}

async function measureSearch({ rounds, searched, warmUpMs, measureMs }) {
  return withGateway(
    { apps: APPS, actionsPerApp: searched / APPS, users: userNames(1) },
    [],
    async (gateway, [token]) => {
      const session = await openSession(gateway.url, token, '?mode=dynamic');
      const search = { name: 'search-tools', arguments: { query: 'create an invoice for a contact' } };
      const requests = [legacyRequest({ session, token }, 'tools/call', search)];
      const job = { port: gateway.port, requests, expected: 'invoice', inFlight: 1, warmUpMs, measureMs };
      const runs = [];
      for (let round = 0; round < rounds; round += 1) runs.push(await measure('load-generator.mjs', job, gateway.pid));
      return median(runs.map(({ p50 }) => p50));
    },
  );
}

async function withGateway(job, nodeArgs, use) {
  const simulator = await startSimulator('integration-app', job);
  const home = new GatewayHome();
  Object.assign(home.env, simulator.settings);
  try {
    const gateway = await home.start(nodeArgs);
    try {
      return await use(gateway, simulator.tokens, home);
    } finally {
      await gateway.stop();
    }
  } finally {
    simulator.child.disconnect();
    home.remove();
  }
}
