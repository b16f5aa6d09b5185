import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OWN_TOOLS } from '../test/simulators/mcp-upstreams/upstream-tools.mjs';
import { ECHO_STDIO, GatewayHome } from './programs.mjs';
import { openSession } from './requests.mjs';
import { rest } from './rest.mjs';

const PARALLEL_REGISTRATIONS = 8;
const START_DELAY_MS = 1000;
const POLL_MS = 20;
const LIMIT_MS = 120_000;

/**
 * Registers `servers` MCP servers, stops the gateway, makes one of them silent and the others slow, and starts it again.
 *
 * @returns milliseconds from spawn to the open port and to the complete tools/list, and the most servers in their start at once
 */
export async function measureStart({ servers }) {
  const home = new GatewayHome();
  home.env.SERVER_SANDBOX = 'none'; // all servers write to one file, which sandboxes would hide from each of them
  const lifecycle = join(home.folder, 'lifecycle');
  const scripts = { silent: join(home.folder, 'silent.mjs'), slow: join(home.folder, 'slow.mjs') };
  let gateway;
  try {
    for (const script of Object.values(scripts)) writeScript(script, []);
    const token = await home.createKey();
    gateway = await home.start();
    await registerAll(gateway.url, token, { servers, scripts, lifecycle });
    await gateway.stop();

    writeScript(scripts.silent, ['--silent']);
    writeScript(scripts.slow, [`--start-delay=${START_DELAY_MS}`]);
    const startsBefore = entries(lifecycle).length;
    gateway = await home.start();
    const listeningMs = performance.now() - gateway.startedAt;
    await until(
      'all tools are listed',
      async () => (await listTools(gateway.url, token)) === servers * OWN_TOOLS.length,
    );
    const listedMs = performance.now() - gateway.startedAt;
    await until('all servers but the silent one are connected', async () => {
      const { servers: views } = await rest(gateway.url, token, 'GET', '/mcp/servers');
      return views.filter((view) => view.status === 'connected').length >= servers - 1;
    });
    return { listeningMs, listedMs, startsAtOnce: mostAtOnce(entries(lifecycle).slice(startsBefore)) };
  } finally {
    await gateway?.stop();
    home.remove();
  }
}

/** The registration stays the same while the behaviour of what it starts changes. */
function writeScript(path, flags) {
  const push = `process.argv.push(...${JSON.stringify(flags)});\n`;
  writeFileSync(path, `${push}await import(${JSON.stringify(ECHO_STDIO)});\n`);
}

async function registerAll(url, token, { servers, scripts, lifecycle }) {
  let next = 0;
  const registerSome = async () => {
    while (next < servers) {
      const number = next++;
      const script = number === 0 ? scripts.silent : scripts.slow;
      const args = [script, `--lifecycle=${lifecycle}`];
      await rest(url, token, 'POST', '/mcp/servers', { name: `server-${number}`, command: process.execPath, args });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_REGISTRATIONS }, registerSome));
}

async function listTools(url, token) {
  const session = await openSession(url, token);
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': session,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  const { result } = await response.json();
  return result?.tools.length;
}

async function until(what, ask) {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`Not within ${LIMIT_MS} ms: ${what}`);
    await sleep(POLL_MS);
  }
}

function entries(path) {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** From the servers' own notes: a start lasts until initialize is answered, or until the process has ended. */
function mostAtOnce(journal) {
  const starting = new Set();
  let most = 0;
  for (const { event, pid } of journal.toSorted((a, b) => a.time - b.time)) {
    if (event === 'started') starting.add(pid);
    else starting.delete(pid);
    most = Math.max(most, starting.size);
  }
  return most;
}
