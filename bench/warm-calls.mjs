import { OWN_TOOLS } from '../test/simulators/mcp-upstreams/upstream-tools.mjs';
import { measure } from './measure.mjs';
import { ECHO_STDIO, GatewayHome, startEverything, startHttpEcho } from './programs.mjs';
import { legacyRequest, modernToolCall, openSession, restToolCall } from './requests.mjs';
import { rest } from './rest.mjs';
import { median } from './statistics.mjs';

const SERVER = 'echo';
const LISTED_TOOLS = 100;
const CONNECTIONS = 32;
const MESSAGE = 'a message of the benchmark';

/**
 * The loads, in their order within a round. Bounds refer to `id`. The load of 32 in flight comes first: it warms up what one call at a
 * time would not.
 */
const SCENARIOS = [
  { id: 'direct', name: 'raw JSON-RPC client on the stdio echo', inFlight: [32, 1] },
  { id: 'http', name: 'bare node:http JSON echo', inFlight: [32, 1] },
  { id: 'legacy', name: 'gateway, tools/call, sessions (2025-11-25)', inFlight: [32, 1] },
  { id: 'modern', name: 'gateway, tools/call, stateless (2026-07-28)', inFlight: [32, 1] },
  { id: 'rest', name: 'gateway, POST /mcp/tool/call', inFlight: [32, 1] },
  { id: 'list', name: `gateway, tools/list of ${LISTED_TOOLS} tools`, inFlight: [32, 1] },
  { id: 'everything', name: "server-everything's own Streamable HTTP", inFlight: [32] },
];

/** Starts everything, measures round after round, and answers one row per scenario and calls in flight: all runs, and their medians. */
export async function measureWarmCalls({ rounds, warmUpMs, measureMs }) {
  const setting = await prepare();
  try {
    const rows = SCENARIOS.flatMap(({ id, name, inFlight }) =>
      inFlight.map((number) => ({ id, name, inFlight: number, runs: [] })),
    );
    for (let round = 1; round <= rounds; round++) {
      for (const row of rows) {
        console.error(`round ${round} of ${rounds}: ${row.name}, ${row.inFlight} in flight`);
        const { load, job, pid } = setting.scenarios[row.id];
        row.runs.push(await measure(load, { ...job, inFlight: row.inFlight, warmUpMs, measureMs }, pid));
      }
    }
    return rows.map((row) => ({ ...row, ...medians(row.runs) }));
  } finally {
    await setting.end();
  }
}

function medians(runs) {
  const of = (field) => median(runs.map((run) => run[field]));
  return { callsPerSecond: of('callsPerSecond'), p50: of('p50'), p99: of('p99'), cpuPerCall: of('cpuPerCall') };
}

async function prepare() {
  const home = new GatewayHome();
  const token = await home.createKey();
  const [gateway, everything, httpEcho] = await Promise.all([home.start(), startEverything(), startHttpEcho()]);
  const echo = { command: process.execPath, args: [ECHO_STDIO, `--tools=${LISTED_TOOLS - OWN_TOOLS.length}`] };
  await rest(gateway.url, token, 'POST', '/mcp/servers', { name: SERVER, ...echo });

  const sessions = await openSessions(gateway.url, token);
  const everythingSessions = await openSessions(everything.url);
  const call = { name: `${SERVER}_echo`, arguments: { message: MESSAGE } };
  const restCall = { serverName: SERVER, methodName: 'echo', args: { message: MESSAGE } };
  const http = (program, requests, expected = MESSAGE) => ({
    load: 'load-generator.mjs',
    pid: program.pid,
    job: { port: program.port, requests, expected },
  });
  const inSessions = (ids, method, params) => ids.map((session) => legacyRequest({ session, token }, method, params));
  return {
    scenarios: {
      direct: { load: 'stdio-client.mjs', job: { ...echo, message: MESSAGE } },
      http: http(httpEcho, inSessions(['none'], 'tools/call', call)),
      legacy: http(gateway, inSessions(sessions, 'tools/call', call)),
      modern: http(gateway, [modernToolCall({ token }, call)]),
      rest: http(gateway, [restToolCall({ token }, restCall)]),
      list: http(gateway, inSessions(sessions, 'tools/list', {}), `"${SERVER}_extra_001"`),
      everything: http(everything, inSessions(everythingSessions, 'tools/call', { ...call, name: 'echo' })),
    },
    async end() {
      await Promise.all([gateway.stop(), everything.stop(), httpEcho.stop()]);
      home.remove();
    },
  };
}

const openSessions = (url, token) => Promise.all(Array.from({ length: CONNECTIONS }, () => openSession(url, token)));
