// The common part of the demos: runs the built gateway as a child process in front of a simulated upstream, for trying it by hand.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const root = path.dirname(import.meta.dirname);

/**
 * Settings that a demo needs; they override the environment and the `.env` file. An empty value means the default, which is "off" for
 * providers.
 */
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

/** Starts the gateway in a separate process group. Ctrl-C then reaches only this process, which stops the gateway once and waits for it. */
function startGateway(settings) {
  const program = path.join(root, 'dist/apps/gateway/src/main.js');
  const env = { LOG_LEVEL: 'warn', ...process.env, ...FIXED, PORT: process.env.PORT || '3001', ...settings };
  return spawn(process.execPath, [program], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
}

/**
 * Returns the URL of the gateway; undefined if it ends before it listens. Its log goes to the terminal; its banner does not, because the
 * guide says more.
 */
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
 * Runs until a signal arrives or the gateway ends. Then it stops the simulator and removes the written files.
 * @param settings with which the gateway finds the simulator
 * @param simulator with `stop()`
 * @param guide gets the gateway's URL and returns what to try
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
