import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { nodeOfSuite, suiteFile } from './install.mjs';

/** What a revision asks of servers: `required` decides, `unscored` (with the reason) is run all the same. */
export function requirementsOf(revision) {
  const set = parse(readFileSync(suiteFile('requirements', `${revision}.yaml`), 'utf8'));
  const unscored = set.not_scored.filter(({ leg }) => leg === 'server');
  return { required: set.server, unscored: new Map(unscored.map(({ scenario, reason }) => [scenario, reason])) };
}

/**
 * Runs all server scenarios of a revision against an endpoint.
 * @param signal ends it
 * @returns the checks of each scenario that came to its end, and what the suite wrote
 */
export async function runSuite({ url, revision, signal }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'manifold-conformance-'));
  try {
    const args = [suiteFile('dist', 'index.js'), 'server', '--url', url, '--requirements', revision];
    const child = spawn(nodeOfSuite(), [...args, '--output-dir', folder], {
      cwd: folder,
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

/** The suite leaves a folder per scenario, `server-<scenario>-<time>`, and checks.json in it when the scenario came to its end. */
function readChecks(folder) {
  const checks = new Map();
  for (const name of readdirSync(folder)) {
    const [, scenario] = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name) ?? [];
    const file = path.join(folder, name, 'checks.json');
    if (scenario && existsSync(file)) checks.set(scenario, JSON.parse(readFileSync(file, 'utf8')));
  }
  return checks;
}
