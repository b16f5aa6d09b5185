// What the demos have in common: the built gateway as a child in front of a simulated upstream, for trying by hand.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const root = path.dirname(import.meta.dirname);

/** What the gateway's environment and `.env` file may say otherwise, and a demo needs so. Empty: the default, which is "off" for providers. */
const FIXED = {
  NODE_ENV: 'development',
  HOST: '127.0.0.1',
  MCP_SERVER_URL: '',
  MONGO_URL: '',
  MONGO_HOST: '',
  PROJECT_ID: '',
  SIGNING_KEY_PATH: '',
  INTEGRATION_APP_WORKSPACE_KEY: '',
  INTEGRATION_APP_WORKSPACE_SECRET: '',
  INTEGRATION_APP_PUBLIC_KEY: '',
  INTEGRATION_APP_FORWARD_ONLY: '',
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

/**
 * Runs until a signal comes or the gateway ends; then the simulator is stopped and what was written is removed.
 * @param settings by which the gateway finds the simulator
 * @param simulator with `stop()`
 * @param guide gets the gateway's URL and says what to try
 */
export async function runDemo({ settings, simulator, guide }) {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'manifold-demo-'));
  const gateway = startGateway({ ...settings, DATA_DIR: dataDir });
  const ended = once(gateway, 'exit');
  for (const signal of SIGNALS) process.on(signal, () => gateway.kill('SIGTERM'));
  const url = await addressOf(gateway);
  if (url !== undefined) console.log(`${guide(url)}\nCtrl-C ends the demo.\n`);
  const [code] = await ended;
  await simulator.stop();
  rmSync(dataDir, { recursive: true, force: true });
  process.exitCode = code ?? 1;
}
