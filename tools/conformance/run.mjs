/**
 * npm run conformance -- [--direct] [--write]
 *
 * Runs the official MCP conformance suite against the built gateway with the fixture behind it, for both requirement sets; --direct
 * runs it against the fixture itself, --write puts the tables into docs/CONFORMANCE.md. Ends with 1 when a scenario fails that
 * expected-failures.yml does not list.
 */
import '../../test/support/typescript.mjs';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { writeInto } from '../../bench/report.mjs';
import { ensureBuilt } from '../../scripts/build-stamp.mjs';
import { installTools } from './install.mjs';
import { requirementsOf, runSuite } from './suite.mjs';
import { countOf, judge, problemsOf, scenarioTable } from './verdict.mjs';

const REVISIONS = ['2025-11-25', '2026-07-28'];
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
if (!options.direct) ensureBuilt();
const { ConformanceFixture } = await import('../../test/conformance/fixture/conformance-fixture.ts');
const { GatewayWithFixture } = await import('../../test/conformance/gateway-with-fixture.ts');

const fixture = await ConformanceFixture.start();
try {
  const target = options.direct ? fixture : await GatewayWithFixture.start(fixture);
  try {
    await runAll(target.url);
  } finally {
    if (target !== fixture) await target.stop();
  }
} finally {
  await fixture.stop();
}

async function runAll(url) {
  const expected = options.direct ? {} : parse(readFileSync(EXPECTED, 'utf8'));
  const [tables, totals] = [[], []];
  for (const revision of REVISIONS) {
    const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(SET_LIMIT_MS)]);
    const { checks, log } = await runSuite({ url, revision, signal });
    if (checks.size === 0) console.error(log);
    const rows = judge({ requirements: requirementsOf(revision), checks, expected: expected[revision] });
    const [passed, failed] = [countOf(rows, 'passed'), countOf(rows, 'failed')];
    tables.push(`## ${revision}\n\n${scenarioTable(rows)}`);
    totals.push(`conformance ${revision}: ${passed} passed, ${failed} failed`);
    console.log(`\n${tables.at(-1)}\n\n${problemsOf(rows)}`);
    if (failed > 0) process.exitCode = 1;
  }
  if (options.write) writeInto(PAGE, tables.join('\n\n'), 'conformance');
  console.log(totals.join('\n'));
}
