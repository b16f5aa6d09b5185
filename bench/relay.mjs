import { checked } from './bounds.mjs';
import { Inspector, INSPECTED } from './inspector.mjs';
import { measure } from './measure.mjs';
import { ECHO_STDIO, GatewayHome } from './programs.mjs';
import { boundsTable, conditions, table } from './report.mjs';
import { legacyRequest, modernToolCall, openSession } from './requests.mjs';
import { rest } from './rest.mjs';
import { median } from './statistics.mjs';

const FULL = { rounds: 5, warmUpMs: 1500, measureMs: 2000, calls: 100_000, sessions: 10_000 };
const QUICK = { rounds: 1, warmUpMs: 300, measureMs: 700, calls: 5_000, sessions: 500 };
const CONNECTIONS = 32;
const SERVER = 'echo';
const ECHO = { name: `${SERVER}_echo`, arguments: { message: 'done' } };
/** One notification of progress, at once. */
const STEP = { name: `${SERVER}_slow`, arguments: { ms: 0, steps: 1 } };
const PROGRESS = { progressToken: 'token' };

const SCENARIOS = [
  { id: 'legacy', name: 'tools/call, sessions (2025-11-25)' },
  { id: 'legacy with progress', name: 'the same with one notification of progress' },
  { id: 'modern', name: 'tools/call, stateless (2026-07-28)' },
  { id: 'modern with progress', name: 'the same with one notification of progress' },
  { id: 'sessions', name: 'session opened and closed' },
];

/** Measures the cost of relaying beyond plain calls: progress, sessions, and memory over many of both. */
export async function measureRelay({ quick, date }) {
  const extent = quick ? QUICK : FULL;
  const rows = await withGateway([], (setting) => measureLoads(setting, extent));
  const growth = await withGateway([INSPECTED], (setting) => measureGrowth(setting, extent));
  const bounds = checked(boundsOf(rows, growth, extent));
  return { bounds, text: [conditions({ ...extent, date }), loadTable(rows), boundsTable(bounds)].join('\n\n') };
}

async function withGateway(nodeArgs, run) {
  const home = new GatewayHome();
  try {
    const token = await home.createKey();
    const gateway = await home.start(nodeArgs);
    try {
      const echo = { name: SERVER, command: process.execPath, args: [ECHO_STDIO] };
      await rest(gateway.url, token, 'POST', '/mcp/servers', echo);
      return await run({ home, gateway, token });
    } finally {
      await gateway.stop();
    }
  } finally {
    home.remove();
  }
}

async function measureLoads({ gateway, token }, { rounds, warmUpMs, measureMs }) {
  const sessions = await Promise.all(Array.from({ length: CONNECTIONS }, () => openSession(gateway.url, token)));
  const inSessions = (params) => sessions.map((session) => legacyRequest({ session, token }, 'tools/call', params));
  const withProgress = (call) => ({ ...call, _meta: PROGRESS });
  const loads = {
    legacy: { requests: inSessions(ECHO) },
    'legacy with progress': { requests: inSessions(withProgress(STEP)) },
    modern: { requests: [modernToolCall({ token }, ECHO)] },
    'modern with progress': { requests: [modernToolCall({ token }, STEP, PROGRESS)] },
  };
  const rows = SCENARIOS.map((scenario) => ({ ...scenario, runs: [] }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { id, name, runs } of rows) {
      console.error(`round ${round} of ${rounds}: ${name}`);
      const job = {
        port: gateway.port,
        token,
        inFlight: CONNECTIONS,
        expected: 'done',
        warmUpMs,
        measureMs,
        ...loads[id],
      };
      const generator = id === 'sessions' ? 'session-generator.mjs' : 'load-generator.mjs';
      runs.push(await measure(generator, job, gateway.pid));
    }
  }
  return rows;
}

/** Bytes of heap per call and per session that stay when they are over. */
async function measureGrowth({ home, gateway, token }, { calls, sessions }) {
  const inspector = await Inspector.connect(home);
  try {
    const session = await openSession(gateway.url, token);
    const requests = [legacyRequest({ session, token }, 'tools/call', ECHO)];
    const job = { port: gateway.port, token, requests, expected: 'done' };
    return {
      // One call at a time: all have the same ids.
      call: await growthOf('load-generator.mjs', { ...job, inFlight: 1 }, calls, gateway, inspector),
      session: await growthOf('session-generator.mjs', { ...job, inFlight: CONNECTIONS }, sessions, gateway, inspector),
    };
  } finally {
    inspector.close();
  }
}

async function growthOf(generator, job, count, gateway, inspector) {
  console.error(`heap over ${count} rounds of ${generator}`);
  await measure(generator, { ...job, warmUpMs: 500, measureMs: 1000 }, gateway.pid);
  const before = await inspector.heapUsed();
  let done = 0;
  while (done < count) {
    done += (await measure(generator, { ...job, warmUpMs: 0, measureMs: 2000 }, gateway.pid)).calls;
  }
  return ((await inspector.heapUsed()) - before) / done;
}

const loadTable = (rows) =>
  table(
    [`${CONNECTIONS} in flight`, 'per second', 'p50 ms', 'p99 ms', 'CPU ms of the gateway'],
    rows.map(({ name, runs }) => {
      const of = (field) => median(runs.map((run) => run[field]));
      return [
        name,
        Math.round(of('callsPerSecond')),
        of('p50').toFixed(2),
        of('p99').toFixed(2),
        of('cpuPerCall').toFixed(3),
      ];
    }),
  );

function boundsOf(rows, growth, { calls, sessions }) {
  const runsOf = (id) => rows.find((row) => row.id === id).runs;
  const ratio = (id, to) =>
    median(runsOf(id).map(({ cpuPerCall }, round) => cpuPerCall / runsOf(to)[round].cpuPerCall));
  return [
    { what: 'CPU of a legacy call with progress ÷ without', value: ratio('legacy with progress', 'legacy'), most: 2 },
    { what: 'CPU of a modern call with progress ÷ without', value: ratio('modern with progress', 'modern'), most: 2 },
    {
      what: 'sessions opened and closed per second',
      value: median(runsOf('sessions').map(({ callsPerSecond }) => callsPerSecond)),
      least: 1500,
    },
    {
      what: `heap that ${calls} calls of a session leave behind, per call`,
      value: growth.call,
      most: 10,
      unit: 'bytes',
    },
    {
      what: `heap that ${sessions} closed sessions leave behind, per session`,
      value: growth.session,
      most: 100,
      unit: 'bytes',
    },
  ];
}
