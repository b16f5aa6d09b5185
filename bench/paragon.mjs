import { checked } from './bounds.mjs';
import { Inspector, INSPECTED } from './inspector.mjs';
import { measure } from './measure.mjs';
import { GatewayHome, startSimulator } from './programs.mjs';
import { boundsTable, conditions, table } from './report.mjs';
import { callMcp, legacyRequest, openSession } from './requests.mjs';
import { median } from './statistics.mjs';

const FULL = { rounds: 5, warmUpMs: 1500, measureMs: 2000, sessions: 800 };
const QUICK = { rounds: 1, warmUpMs: 300, measureMs: 700, sessions: 100 };
const ACTIONS = 1000;
const USERS = 80;
const CONNECTIONS = 32;
/** One of the integrations that the simulator makes. */
const INTEGRATION = 'suite0';

const SCENARIOS = [
  { id: 'call', name: 'tools/call of an action', inFlight: [32, 1] },
  { id: 'list', name: `tools/list of ${ACTIONS} actions, cached`, inFlight: [32, 1] },
];

/** Calls, listings and sessions in front of a simulated Paragon, which runs in a process of its own. */
export async function measureParagon({ quick, date }) {
  const extent = quick ? QUICK : FULL;
  const home = new GatewayHome();
  const users = Array.from({ length: USERS }, (_, index) => `user-${index}`);
  const paragon = await startSimulator('paragon', { actions: ACTIONS, users, integration: INTEGRATION });
  Object.assign(home.env, paragon.settings);
  try {
    const rows = await measureLoad(home, paragon, extent);
    console.error(`heap of ${extent.sessions} sessions of ${USERS} users`);
    const bytesPerSession = await measureHeap(home, paragon, extent);
    const bounds = checked(boundsOf(rows, bytesPerSession));
    return { bounds, text: [conditions({ ...extent, date }), loadTable(rows), boundsTable(bounds)].join('\n\n') };
  } finally {
    paragon.child.disconnect();
    home.remove();
  }
}

async function measureLoad(home, { tokens }, { rounds, warmUpMs, measureMs }) {
  const gateway = await home.start();
  try {
    const users = tokens.slice(0, CONNECTIONS);
    const sessions = await Promise.all(users.map((token) => openSession(gateway.url, token)));
    const requests = (method, params) =>
      sessions.map((session, index) => legacyRequest({ session, token: users[index] }, method, params));
    const { name, args } = await firstAction(gateway.url, users[0], sessions[0]);
    const loads = {
      call: { requests: requests('tools/call', { name, arguments: args }), expected: '"content"' },
      list: { requests: requests('tools/list', {}), expected: `"${name}"` },
    };
    const rows = SCENARIOS.flatMap(({ id, name, inFlight }) =>
      inFlight.map((number) => ({ id, name, inFlight: number, runs: [] })),
    );
    for (let round = 1; round <= rounds; round += 1) {
      for (const row of rows) {
        console.error(`round ${round} of ${rounds}: ${row.name}, ${row.inFlight} in flight`);
        const job = { port: gateway.port, ...loads[row.id], inFlight: row.inFlight, warmUpMs, measureMs };
        row.runs.push(await measure('load-generator.mjs', job, gateway.pid));
      }
    }
    return rows.map(({ runs, ...row }) => ({ ...row, ...medians(runs) }));
  } finally {
    await gateway.stop();
  }
}

const medians = (runs) =>
  Object.fromEntries(
    ['callsPerSecond', 'p50', 'p99', 'cpuPerCall'].map((field) => [field, median(runs.map((run) => run[field]))]),
  );

/** Returns the first action of the integration that all users have connected: its name, and arguments that fit its schema. */
async function firstAction(url, token, session) {
  const { tools } = await callMcp(url, token, session, 'tools/list');
  const action = tools.find(({ name }) => name.startsWith(INTEGRATION.toUpperCase()));
  const args = Object.fromEntries(
    (action.inputSchema.required ?? []).map((field) => [field, exampleOf(action.inputSchema.properties[field])]),
  );
  const result = await callMcp(url, token, session, 'tools/call', { name: action.name, arguments: args });
  if (result.isError) throw new Error(`${action.name}: ${result.content[0].text}`);
  return { name: action.name, args };
}

function exampleOf({ type, enum: values, minimum = 1 }) {
  if (values) return values[0];
  if (type === 'number' || type === 'integer') return minimum;
  if (type === 'boolean') return true;
  return type === 'array' ? [] : type === 'object' ? {} : 'a text';
}

/** Bytes per session, the users' catalogues included: each session has listed its tools. */
async function measureHeap(home, { tokens }, { sessions }) {
  const gateway = await home.start([INSPECTED]);
  const inspector = await Inspector.connect(home);
  try {
    await openListed(gateway.url, [tokens[0]]);
    const before = await inspector.heapUsed();
    await openListed(
      gateway.url,
      Array.from({ length: sessions }, (_, index) => tokens[index % USERS]),
    );
    return ((await inspector.heapUsed()) - before) / sessions;
  } finally {
    inspector.close();
    await gateway.stop();
  }
}

async function openListed(url, tokens) {
  for (let at = 0; at < tokens.length; at += CONNECTIONS) {
    await Promise.all(
      tokens.slice(at, at + CONNECTIONS).map(async (token) => {
        await callMcp(url, token, await openSession(url, token), 'tools/list');
      }),
    );
  }
}

const loadTable = (rows) =>
  table(
    ['', 'in flight', 'calls/s', 'p50 ms', 'p99 ms', 'CPU ms/call of the gateway'],
    rows.map((row) => [
      row.name,
      row.inFlight,
      Math.round(row.callsPerSecond),
      row.p50.toFixed(2),
      row.p99.toFixed(2),
      row.cpuPerCall.toFixed(3),
    ]),
  );

function boundsOf(rows, bytesPerSession) {
  const row = (id, inFlight) => rows.find((candidate) => candidate.id === id && candidate.inFlight === inFlight);
  return [
    {
      what: `a cached listing of ${ACTIONS} actions at p50, one in flight`,
      value: row('list', 1).p50,
      most: 5,
      unit: 'ms',
    },
    { what: 'CPU of a call, 32 in flight', value: row('call', 32).cpuPerCall, most: 0.6, unit: 'ms' },
    { what: 'CPU of a call, one in flight', value: row('call', 1).cpuPerCall, most: 0.6, unit: 'ms' },
    { what: `heap per session that has listed ${ACTIONS} tools`, value: bytesPerSession / 1024, most: 40, unit: 'KB' },
  ];
}
