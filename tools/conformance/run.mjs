/**
 * npm run conformance -- [--direct] [--write]
 *
 * Runs the official MCP conformance suite, for both requirement sets: its server scenarios against the built gateway with the fixture
 * behind it, its authorization scenarios for clients with the gateway as the client. --direct runs the server scenarios against the
 * fixture itself, --write puts the tables into docs/CONFORMANCE.md. Ends with 1 when a scenario fails that expected-failures.yml does not
 * list.
 */
import '../../test/support/typescript.mjs';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { writeInto } from '../../bench/report.mjs';
import { ensureBuilt } from '../../scripts/build-stamp.mjs';
import { installTools } from './install.mjs';
import { clientRequirementsOf, requirementsOf, runClientSuite, runSuite } from './suite.mjs';
import { countOf, judge, problemsOf, scenarioTable } from './verdict.mjs';

const REVISIONS = ['2025-11-25', '2026-07-28'];
const TITLES = { server: 'as a server', client: 'as a client that authorizes itself' };
/** A set takes less than a minute. */
const SET_LIMIT_MS = 300_000;
const EXPECTED = path.join(import.meta.dirname, 'expected-failures.yml');
const PAGE = path.join(import.meta.dirname, '../../docs/CONFORMANCE.md');

const { values: options } = parseArgs({ options: { direct: { type: 'boolean' }, write: { type: 'boolean' } } });
if (options.direct && options.write)
  throw new Error('The page shows the results of the gateway: --write without --direct');

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => interrupted.abort(new Error(name)));

installTools();
if (!options.direct) await ensureBuilt();
const { ConformanceFixture } = await import('../../test/conformance/fixture/conformance-fixture.ts');
const { GatewayWithFixture } = await import('../../test/conformance/gateway-with-fixture.ts');

const expected = options.direct ? {} : parse(readFileSync(EXPECTED, 'utf8'));
const [tables, totals] = [[], []];

const fixture = await ConformanceFixture.start();
try {
  const target = options.direct ? fixture : await GatewayWithFixture.start(fixture);
  try {
    const run = (revision, signal) => runSuite({ url: target.url, revision, signal });
    await runAll({ leg: 'server', requirements: requirementsOf, run });
  } finally {
    if (target !== fixture) await target.stop();
  }
} finally {
  await fixture.stop();
}

if (!options.direct) {
  const { GatewayAsClient } = await import('../../test/conformance/gateway-as-client.ts');
  const gateway = await GatewayAsClient.start();
  try {
    const run = (revision, signal) => runClientSuite({ gateway: gateway.url, revision, signal });
    await runAll({ leg: 'client', requirements: clientRequirementsOf, run });
  } finally {
    await gateway.stop();
  }
}

if (options.write) writeInto(PAGE, tables.join('\n\n'), 'conformance');
console.log(totals.join('\n'));

async function runAll({ leg, requirements, run }) {
  for (const revision of REVISIONS) {
    const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(SET_LIMIT_MS)]);
    const { checks, log } = await run(revision, signal);
    if (checks.size === 0) console.error(log);
    const rows = judge({ requirements: requirements(revision), checks, expected: expected[leg]?.[revision] });
    const [passed, failed] = [countOf(rows, 'passed'), countOf(rows, 'failed')];
    tables.push(`## ${revision}, ${TITLES[leg]}\n\n${scenarioTable(rows)}`);
    totals.push(`conformance ${revision} ${leg}: ${passed} passed, ${failed} failed`);
    console.log(`\n${tables.at(-1)}\n\n${problemsOf(rows)}`);
    if (failed > 0) process.exitCode = 1;
  }
}
