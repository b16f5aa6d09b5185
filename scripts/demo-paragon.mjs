// `npm run demo:paragon`: the gateway with a simulated Paragon behind it, for trying by hand. Ctrl-C ends both and removes what they wrote.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import '../test/support/typescript.mjs';
import { ensureBuilt } from './build-stamp.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const root = path.dirname(import.meta.dirname);

/** What the gateway's environment and `.env` file may say otherwise, and the demo needs so. Empty: the default. */
const FIXED = {
  NODE_ENV: 'development',
  HOST: '127.0.0.1',
  MCP_SERVER_URL: '',
  SIGNING_KEY_PATH: '',
  MONGO_URL: '',
  MONGO_HOST: '',
};

/** The group is its own: Ctrl-C reaches this process alone, which then stops the gateway once and waits for it. */
function startGateway(settings) {
  const program = path.join(root, 'dist/apps/gateway/src/main.js');
  const env = { LOG_LEVEL: 'warn', ...process.env, ...FIXED, PORT: process.env.PORT || '3001', ...settings };
  return spawn(process.execPath, [program], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Where the gateway listens; undefined when it ends before. Its log goes to the terminal, its own greeting does not: the guide says more. */
function addressOf(gateway) {
  return new Promise((resolve) => {
    createInterface({ input: gateway.stdout }).on('line', (line) => {
      if (line.startsWith('{')) console.log(line);
      const [, url] = /^Manifold listens on (\S+)$/.exec(line) ?? [];
      if (url) resolve(url);
    });
    gateway.once('exit', () => resolve(undefined));
  });
}

function guide(url, paragon) {
  const call = { username: 'alice', serverName: 'hubspot', methodName: 'HUBSPOT_CREATE_CONTACT' };
  const body = JSON.stringify({ ...call, args: { email: 'ada@example.com' } });
  return `
This gateway offers the tools of a simulated Paragon (${paragon}).

  alice  has connected Slack and Google Calendar
  bob    has connected nothing

As alice in Cursor (~/.cursor/mcp.json)
  { "mcpServers": { "paragon-demo": { "url": "${url}/mcp?user=alice" } } }

As alice in Claude Code
  claude mcp add --transport http paragon-demo "${url}/mcp?user=alice"

Any other name after ?user= is a user who has connected nothing.

What to ask
  1. "Say hello in #general on Slack": the answer shows in whose name the tool ran, and with which arguments.
  2. "Add ada@example.com to HubSpot": the answer is a link, because alice has not connected HubSpot.
     It leads to the page /setup of this gateway, which loads the simulator in place of Paragon's Connect SDK.
     Press the button there and ask again: now it works. Nothing real is connected anywhere.

The same without an agent
  curl -s ${url}/mcp/tool/call -H 'content-type: application/json' -d '${body}'

Ctrl-C ends the demo.
`;
}

ensureBuilt();
const { ParagonProject, ParagonSimulator } = await import('../test/simulators/paragon/index.ts');

const project = new ParagonProject();
const simulator = await ParagonSimulator.start(project);
for (const integration of ['slack', 'googleCalendar']) simulator.connect('alice', integration);

const dataDir = mkdtempSync(path.join(tmpdir(), 'manifold-demo-'));
const gateway = startGateway({ ...project.settings, ...simulator.settings, DATA_DIR: dataDir });
const ended = once(gateway, 'exit');
for (const signal of SIGNALS) process.on(signal, () => gateway.kill('SIGTERM'));

const url = await addressOf(gateway);
if (url !== undefined) console.log(guide(url, simulator.url));
const [code] = await ended;
await simulator.stop();
rmSync(dataDir, { recursive: true, force: true });
process.exitCode = code ?? 1;
