import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DENIED, ECHO } from './calls.mjs';
import { nodeOfClients, pythonOf } from './install.mjs';

const FOLDER = path.join(import.meta.dirname, 'clients');
const ENDPOINTS = { http: '/mcp', sse: '/sse' };
const TRANSPORTS = { http: 'Streamable HTTP', sse: 'HTTP+SSE' };
/** A client takes a few seconds. */
const LIMIT_MS = 180_000;
const UNKNOWN_KEY = 'mfk_unknown';
/** Clients report nothing to their makers. */
const QUIET = {
  MCP_USE_ANONYMIZED_TELEMETRY: 'false',
  MASTRA_TELEMETRY_DISABLED: 'true',
  OPENAI_AGENTS_DISABLE_TRACING: '1',
};
/** Words that tell a user that the key is the cause. */
const REFUSAL = /\b401\b|unauthorized|authentication required|invalid[ _](?:token|key|api key|credentials?)/i;

/** Lets a client do everything over one transport, first with a user's key and then with an unknown one. @returns a row of the table */
export async function tryClient(client, transport, gateway) {
  const target = { ...client.target, url: gateway.url + ENDPOINTS[transport], transport };
  const report = await attempt(client, { ...target, key: gateway.key });
  const refused = await attempt(client, { ...target, key: UNKNOWN_KEY });
  return { client, transport: TRANSPORTS[transport], ...judge(report, refused) };
}

function judge(report, refused) {
  const results = {
    lists: report.tools?.includes(ECHO.tool) && report.tools.includes(DENIED.tool),
    calls: report.answer?.includes(ECHO.answer),
    errors: report.error?.includes(DENIED.error),
    refuses: REFUSAL.test(refused.failure ?? ''),
  };
  const problems = [
    report.failure,
    !report.failure && !results.errors && `the error of a tool: ${report.error}`,
    !results.refuses && `with an unknown key: ${refused.failure ?? 'it was not refused'}`,
  ];
  return { ...results, problems: problems.filter(Boolean) };
}

/** Runs a client in a process of its own. @returns its report, with `failure` if it wrote none */
async function attempt({ file, python }, target) {
  const json = JSON.stringify(target);
  const [program, ...args] = python
    ? [pythonOf(python), path.join(FOLDER, file), json]
    : [nodeOfClients(), path.join(FOLDER, 'attempt.mjs'), path.basename(file, '.mjs'), json];
  const home = mkdtempSync(path.join(tmpdir(), 'compatibility-'));
  const env = { PATH: process.env.PATH, HOME: home, PYTHONDONTWRITEBYTECODE: '1', ...QUIET };
  const child = spawn(program, args, { cwd: home, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const timer = setTimeout(() => endGroup(child), LIMIT_MS);
  await once(child, 'exit');
  clearTimeout(timer);
  endGroup(child); // programs that the client has started and left
  rmSync(home, { recursive: true, force: true });
  return reportIn(out) ?? { failure: `no report within ${LIMIT_MS / 1000} s: ${said.slice(-1000)}` };
}

function reportIn(output) {
  const line = output.trimEnd().split('\n').at(-1);
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function endGroup({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // all have ended
  }
}
