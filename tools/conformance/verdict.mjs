import { table } from '../../bench/report.mjs';

/**
 * Judges each scenario of a revision. An expected failure does not count, and one that no longer happens counts, so that the list of
 * expected failures stays true.
 *
 * @param requirements `required` (names) and `unscored` (names with reasons)
 * @param checks those of each scenario that came to its end
 * @param expected why each of these scenarios is known to fail
 */
export function judge({ requirements: { required, unscored }, checks, expected = {} }) {
  const unknown = Object.keys(expected).filter((name) => !required.includes(name) && !unscored.has(name));
  if (unknown.length > 0) throw new Error(`Expected to fail, but no scenarios of this revision: ${unknown.join(', ')}`);
  return [...required, ...unscored.keys()].map((scenario) => {
    const done = checks.get(scenario);
    const count = (status) => (done ?? []).filter((check) => check.status === status).length;
    const row = {
      scenario,
      kind: unscored.get(scenario) ?? 'required',
      passed: count('SUCCESS'),
      failed: count('FAILURE'),
      warnings: count('WARNING'),
      problems: (done ?? []).filter(({ status }) => status === 'FAILURE' || status === 'WARNING'),
    };
    return { ...row, ...outcome(row, done !== undefined, expected[scenario]) };
  });
}

function outcome({ kind, passed, failed }, cameToItsEnd, why) {
  if (!cameToItsEnd) return why ? { outcome: 'expected', why } : { outcome: 'failed', why: 'did not come to its end' };
  if (failed > 0) return why ? { outcome: 'expected', why } : { outcome: 'failed' };
  if (why) return { outcome: 'failed', why: 'passes, but is expected to fail' };
  if (passed > 0) return { outcome: 'passed' };
  return kind === 'required' ? { outcome: 'failed', why: 'checked nothing' } : { outcome: 'skipped' };
}

export const countOf = (rows, wanted) => rows.filter((row) => row.outcome === wanted).length;

const WORDS = { passed: 'passed', failed: '**failed**', expected: 'fails, known', skipped: 'skipped' };

/** The scenarios of a revision as Markdown. */
export function scenarioTable(rows) {
  return table(
    ['scenario', 'kind', 'passed', 'failed', 'warnings', 'result'],
    rows.map(({ scenario, kind, passed, failed, warnings, outcome, why }) => {
      const result = why ? `${WORDS[outcome]}: ${why}` : WORDS[outcome];
      return [scenario, kind, passed, failed, warnings, result];
    }),
  );
}

/** Returns the failures and warnings of the suite, for people who look for the cause; empty when there are none. */
export function problemsOf(rows) {
  return rows
    .filter(({ outcome, warnings }) => outcome === 'failed' || warnings > 0)
    .flatMap(({ scenario, why, problems }) => [
      `${scenario}${why ? `: ${why}` : ''}`,
      ...problems.map(({ id, status, errorMessage }) => `  ${status} ${id}: ${errorMessage ?? ''}`),
    ])
    .join('\n');
}
