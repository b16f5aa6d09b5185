import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checked } from './bounds.mjs';
import { measure } from './measure.mjs';
import { ECHO_STDIO, GatewayHome } from './programs.mjs';
import { boundsTable, conditions, table } from './report.mjs';
import { legacyRequest, openSession } from './requests.mjs';
import { rest } from './rest.mjs';
import { median } from './statistics.mjs';

const FULL = { rounds: 5, installs: 20, warmUpMs: 1500, measureMs: 4000 };
const QUICK = { rounds: 1, installs: 6, warmUpMs: 300, measureMs: 1000 };
const PACKAGE = { name: '@modelcontextprotocol/server-memory', version: '2026.8.31' };
const IN_FLIGHT = 8;
const NETWORK = ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'NODE_EXTRA_CA_CERTS'];

const run = promisify(execFile);

/** Installs of a package that is in the cache, beside npm's own, and tool calls while many are installed. The registry is the real one. */
export async function measurePackages({ quick, date }) {
  const extent = quick ? QUICK : FULL;
  const home = new GatewayHome();
  try {
    const cache = join(home.folder, 'npm-cache');
    const { stdout } = await run('npm', ['config', 'get', 'registry']);
    const network = NETWORK.filter((name) => process.env[name]).map((name) => [name, process.env[name]]);
    Object.assign(home.env, Object.fromEntries(network), { NPM_REGISTRY: stdout.trim(), NPM_CACHE_DIR: cache });
    const token = await home.createKey();
    const gateway = await home.start();
    try {
      const times = await measureInstalls({ home, gateway, token, cache }, extent);
      const loads = await measureCalls({ gateway, token }, extent);
      const bounds = checked(boundsOf(times, loads, extent));
      const rows = [...timeRows(times), ...loadRows(loads, extent)];
      const text = [conditions({ ...extent, date }), table(['', 'measured'], rows), boundsTable(bounds)].join('\n\n');
      return { bounds, text };
    } finally {
      await gateway.stop();
    }
  } finally {
    home.remove();
  }
}

async function measureInstalls({ home, gateway, token, cache }, { rounds }) {
  const times = { gateway: [], npm: [] };
  await install(gateway, token, 'first'); // fills the cache
  for (let round = 1; round <= rounds; round += 1) {
    console.error(`round ${round} of ${rounds}: installs out of the cache`);
    times.gateway.push(await timed(() => install(gateway, token, `round-${round}`)));
    const folder = join(home.folder, `npm-${round}`);
    mkdirSync(folder);
    times.npm.push(await timed(() => installWithNpm(folder, cache)));
  }
  return times;
}

const install = (gateway, token, serverName) =>
  rest(gateway.url, token, 'POST', '/packages/install', { ...PACKAGE, serverName });

const installWithNpm = (folder, cache) =>
  run('npm', [
    ...['install', `${PACKAGE.name}@${PACKAGE.version}`, '--prefix', folder, '--cache', cache],
    ...['--ignore-scripts', '--no-audit', '--no-fund'],
  ]);

async function timed(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** A load without installs and one during them, in each round. */
async function measureCalls({ gateway, token }, { rounds, installs, warmUpMs, measureMs }) {
  await rest(gateway.url, token, 'POST', '/mcp/servers', {
    name: 'echo',
    command: process.execPath,
    args: [ECHO_STDIO],
  });
  const sessions = await Promise.all(Array.from({ length: IN_FLIGHT }, () => openSession(gateway.url, token)));
  const message = 'a message of the benchmark';
  const requests = sessions.map((session) =>
    legacyRequest({ session, token }, 'tools/call', { name: 'echo_echo', arguments: { message } }),
  );
  const job = { port: gateway.port, requests, expected: message, inFlight: IN_FLIGHT, warmUpMs, measureMs };
  const loads = { alone: [], meanwhile: [] };
  for (let round = 1; round <= rounds; round += 1) {
    console.error(`round ${round} of ${rounds}: calls without installs, and while ${installs} run`);
    loads.alone.push(await measure('load-generator.mjs', job, gateway.pid));
    const names = Array.from({ length: installs }, (_, index) => `many-${round}-${index}`);
    let running = installs;
    const installing = Promise.all(names.map((name) => install(gateway, token, name).finally(() => (running -= 1))));
    loads.meanwhile.push(await measure('load-generator.mjs', job, gateway.pid));
    if (running === 0) throw new Error('The installs ended before the calls did: more are needed');
    await installing;
    await Promise.all(names.map((name) => rest(gateway.url, token, 'DELETE', `/packages/${name}`)));
  }
  return loads;
}

const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

const timeRows = ({ gateway, npm }) => [
  [`install of ${PACKAGE.name} from the cache, until its tools are listed`, seconds(median(gateway))],
  ['npm install of the same', seconds(median(npm))],
];

const loadRows = ({ alone, meanwhile }, { installs }) => [
  [`p99 of tools/call, ${IN_FLIGHT} in flight`, `${median(alone.map(({ p99 }) => p99)).toFixed(2)} ms`],
  [`p99 while ${installs} servers are installed at once`, `${median(meanwhile.map(({ p99 }) => p99)).toFixed(2)} ms`],
];

const boundsOf = (times, { alone, meanwhile }, { installs }) => [
  {
    what: "a cached install beyond npm's own time",
    value: Math.max(0, median(times.gateway.map((ms, round) => ms - times.npm[round])) / 1000),
    most: 3,
    unit: 's',
  },
  {
    what: `p99 of calls while ${installs} servers are installed ÷ p99 without`,
    value: median(meanwhile.map(({ p99 }, round) => p99 / alone[round].p99)),
    most: 2,
  },
];
