// Prints the own files that one warm tools/call of a stdio server enters: `node scripts/call-path.mjs [--functions]`. The exit code is 1
// if there are more than LIMIT. It starts the built gateway with a data folder of its own, and counts how often each function is entered in
// many calls and in the same time without a call. A function belongs to a call if the calls have added one entry each. The calls are made
// some at once: work that is done for several of them, such as a write of the audit log, is entered less often than that on a machine of
// any speed, and so is what timers enter.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const LIMIT = 75;
const BUILD = path.join(import.meta.dirname, '../build');
const MAIN = path.join(BUILD, 'apps/gateway/src/main.js');
const COUNTER = pathToFileURL(path.join(import.meta.dirname, 'entered-functions.mjs')).href;
const TOOL = 'everything_echo';
/** Calls that are made at once. */
const CALLS_AT_ONCE = 8;
const WARM_ROUNDS = 10;
const COUNTED_ROUNDS = 50;
/** The share of the calls that must have added an entry: what compares the entries of a batch is entered once less than there are entries. */
const MOST_CALLS = 0.5;
const POLL_MS = 200;
const HANGS_AFTER_MS = 600_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function until(what, ask) {
  for (const end = Date.now() + HANGS_AFTER_MS; Date.now() < end; await sleep(POLL_MS))
    if (await ask().catch(() => false)) return;
  throw new Error(`The gateway does not get there: ${what}`);
}

/** Returns how often the gateway has entered each function since the last question, by "file function". */
async function entered(gateway) {
  gateway.send('take');
  const [rows] = await once(gateway, 'message');
  return new Map(
    rows.map(([url, name, count]) => [
      `${path.relative(BUILD, url.slice('file://'.length)).replace(/\.js$/, '.ts')} ${name}`,
      count,
    ]),
  );
}

/** Opens no stream of the server: the answer of a call comes with its own request. */
const withoutStream = (url, init) =>
  init.method === 'GET' ? Promise.resolve(new Response(null, { status: 405 })) : fetch(url, init);

async function enteredByCall(gateway, url) {
  await until('ready', async () => (await fetch(`${url}/readyz`)).ok);
  const client = new Client({ name: 'call-path', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { fetch: withoutStream }));
  const call = () => client.callTool({ name: TOOL, arguments: { message: 'hello' } });
  const calls = async (rounds) => {
    for (let round = 0; round < rounds; round += 1) await Promise.all(Array.from({ length: CALLS_AT_ONCE }, call));
  };
  try {
    await until(`${TOOL} is listed`, async () => (await client.listTools()).tools.some(({ name }) => name === TOOL));
    await calls(WARM_ROUNDS);
    await entered(gateway);
    const started = performance.now();
    await calls(COUNTED_ROUNDS);
    const duration = performance.now() - started;
    const busy = await entered(gateway);
    await sleep(duration);
    const idle = await entered(gateway);
    const least = COUNTED_ROUNDS * CALLS_AT_ONCE * MOST_CALLS;
    return [...busy].flatMap(([row, count]) => (count - (idle.get(row) ?? 0) >= least ? [row] : []));
  } finally {
    await client.close();
  }
}

function report(rows) {
  const functions = new Map();
  for (const row of rows) {
    const [file, name] = row.split(' ');
    functions.set(file, [...(functions.get(file) ?? []), name]);
  }
  const files = [...functions.keys()].sort();
  const listsFunctions = process.argv.includes('--functions');
  for (const file of files) console.log(listsFunctions ? `${file}: ${functions.get(file).join(', ')}` : file);
  console.log(`${files.length} files (limit ${LIMIT}), ${rows.length} functions`);
  return files.length <= LIMIT;
}

const folder = mkdtempSync(path.join(tmpdir(), 'manifold-call-path-'));
const port = await freePort();
const gateway = fork(MAIN, {
  env: {
    PATH: process.env.PATH,
    HOME: folder,
    DATA_DIR: folder,
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'warn',
  },
  execArgv: ['--enable-source-maps', '--import', COUNTER],
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
});
const ended = once(gateway, 'exit');
try {
  const endedEarly = ended.then(([code]) => {
    throw new Error(`The gateway has ended with exit code ${code}`);
  });
  const rows = await Promise.race([enteredByCall(gateway, `http://127.0.0.1:${port}`), endedEarly]);
  process.exitCode = report(rows) ? 0 : 1;
} finally {
  gateway.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
}
