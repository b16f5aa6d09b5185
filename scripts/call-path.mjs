// Prints the own files that one warm tools/call of a stdio server enters: `node scripts/call-path.mjs [--functions]`. The exit code is 1
// if there are more than LIMIT. It starts the built gateway with a data folder of its own, and leaves out what runs without a call.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** 80 to 82 today: files that a timer also enters (histograms and their series) are left out if it ran while the gateway was idle. */
const LIMIT = 84;
const BUILD = path.join(import.meta.dirname, '../build');
const MAIN = path.join(BUILD, 'apps/gateway/src/main.js');
const COUNTER = pathToFileURL(path.join(import.meta.dirname, 'entered-functions.mjs')).href;
const TOOL = 'everything_echo';
const WARM_CALLS = 20;
/** What all of them enter counts: a timer may run beside one. */
const COUNTED_CALLS = 5;
/** Milliseconds, more than a call goes on to cause work, such as the write of the audit log. */
const IDLE_MS = 3_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function until(what, ask) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await ask().catch(() => false)) return;
    await sleep(200);
  }
  throw new Error(`The gateway does not get there: ${what}`);
}

/** Returns what the gateway has entered since the last question, as "file function". */
async function entered(gateway) {
  gateway.send('take');
  const [rows] = await once(gateway, 'message');
  return rows.map(
    ([url, name]) => `${path.relative(BUILD, url.slice('file://'.length)).replace(/\.js$/, '.ts')} ${name}`,
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
  try {
    await until(`${TOOL} is listed`, async () => (await client.listTools()).tools.some(({ name }) => name === TOOL));
    for (let warm = 0; warm < WARM_CALLS; warm += 1) await call();
    await sleep(IDLE_MS);
    await entered(gateway);
    await sleep(IDLE_MS);
    const idle = new Set(await entered(gateway));
    const calls = [];
    for (let counted = 0; counted < COUNTED_CALLS; counted += 1) {
      await call();
      calls.push(new Set(await entered(gateway)));
      // On a busy machine the work that a call causes later would fall into the next one.
      await sleep(IDLE_MS);
      await entered(gateway);
    }
    return [...calls[0]].filter((row) => !idle.has(row) && calls.every((rows) => rows.has(row)));
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
try {
  process.exitCode = report(await enteredByCall(gateway, `http://127.0.0.1:${port}`)) ? 0 : 1;
} finally {
  gateway.kill('SIGTERM');
  await once(gateway, 'exit');
  rmSync(folder, { recursive: true, force: true });
}
