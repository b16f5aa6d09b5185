import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { nodeOfSuite, suiteFile } from './install.mjs';

const ADAPTER = path.join(import.meta.dirname, 'client-adapter.mjs');
/** All scenarios of clients begin at the same time, on however few cores. */
const CLIENT_LIMIT_MS = 120_000;

/** Returns the scenarios that a revision has for servers: `required` decides, `unscored` (with the reason) is run all the same. */
export function requirementsOf(revision) {
  const set = requirementSet(revision);
  const unscored = set.not_scored.filter(({ leg }) => leg === 'server');
  return { required: set.server, unscored: new Map(unscored.map(({ scenario, reason }) => [scenario, reason])) };
}

/** Returns the scenarios that a revision has for the authorization of clients, which the gateway does in the place of its clients. */
export function clientRequirementsOf(revision) {
  const required = requirementSet(revision).client.filter((scenario) => scenario.startsWith('auth/'));
  return { required, unscored: new Map() };
}

/**
 * Runs all server scenarios of a revision against an endpoint.
 * @param signal ends it
 * @returns the checks of each scenario that came to its end, and what the suite wrote
 */
export const runSuite = ({ url, revision, signal }) =>
  run(['server', '--url', url, '--requirements', revision], signal);

/** Runs all client scenarios of a revision against the gateway at this URL; the rest as `runSuite`. */
export function runClientSuite({ gateway, revision, signal }) {
  const args = ['client', '--command', `"${process.execPath}" "${ADAPTER}"`, '--timeout', String(CLIENT_LIMIT_MS)];
  return run([...args, '--requirements', revision], signal, { CONFORMANCE_GATEWAY: gateway });
}

const requirementSet = (revision) => parse(readFileSync(suiteFile('requirements', `${revision}.yaml`), 'utf8'));

async function run(args, signal, env = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'manifold-conformance-'));
  try {
    const child = spawn(nodeOfSuite(), [suiteFile('dist', 'index.js'), ...args, '--output-dir', folder], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    });
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { checks: readChecks(folder), log: output + errors };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The suite leaves a folder per scenario, `server-<scenario>-<time>` or, for clients, `<scenario>-<time>`, where the name of a scenario
 * may have a slash; and checks.json in it when the scenario came to its end.
 */
function readChecks(folder) {
  const checks = new Map();
  for (const file of readdirSync(folder, { recursive: true })) {
    const [, scenario] = /^(?:server-)?(.+)-\d{4}-\d\d-\d\dT[\d-]+Z[\\/]checks\.json$/.exec(file) ?? [];
    if (scenario)
      checks.set(scenario.replaceAll(path.sep, '/'), JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
  }
  return checks;
}
