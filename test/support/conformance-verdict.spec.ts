import { join } from 'node:path';

interface Check {
  id: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED';
  errorMessage?: string;
}
interface Row {
  scenario: string;
  kind: string;
  outcome: string;
  why?: string;
}
interface Verdict {
  judge(run: {
    requirements: { required: string[]; unscored: Map<string, string> };
    checks: Map<string, Check[]>;
    expected?: Record<string, string>;
  }): Row[];
  countOf(rows: Row[], outcome: string): number;
  scenarioTable(rows: Row[]): string;
  problemsOf(rows: Row[]): string;
}

const verdict = import(join(import.meta.dirname, '../../tools/conformance/verdict.mjs')) as Promise<Verdict>;
const check = (status: Check['status'], errorMessage?: string): Check => ({ id: 'a-check', status, errorMessage });

async function judge(checks: Record<string, Check[]>, expected?: Record<string, string>) {
  const requirements = { required: ['ping', 'tools'], unscored: new Map([['tasks', 'extension']]) };
  const passing = { ping: [check('SUCCESS')], tools: [check('SUCCESS')], tasks: [check('SUCCESS')] };
  const all = new Map(Object.entries({ ...passing, ...checks }).filter(([, list]) => list.length > 0));
  return (await verdict).judge({ requirements, checks: all, expected });
}
const outcomes = (rows: Row[]) => Object.fromEntries(rows.map(({ scenario, outcome }) => [scenario, outcome]));

describe('the verdict on a run of the conformance suite', () => {
  it('passes scenarios without failed checks, whatever they only note', async () => {
    const rows = await judge({ tools: [check('SUCCESS'), check('WARNING'), check('INFO')] });

    expect(outcomes(rows)).toEqual({ ping: 'passed', tools: 'passed', tasks: 'passed' });
    expect((await verdict).countOf(rows, 'passed')).toBe(3);
  });

  it('fails a scenario by a single failed check, required or not', async () => {
    const rows = await judge({ tools: [check('SUCCESS'), check('FAILURE')], tasks: [check('FAILURE')] });

    expect(outcomes(rows)).toEqual({ ping: 'passed', tools: 'failed', tasks: 'failed' });
  });

  it('fails a scenario that did not come to its end', async () => {
    expect(outcomes(await judge({ ping: [] }))).toMatchObject({ ping: 'failed' });
  });

  it('fails a required scenario that checked nothing, and skips any other', async () => {
    const rows = await judge({ ping: [check('SKIPPED')], tasks: [check('SKIPPED')] });

    expect(outcomes(rows)).toEqual({ ping: 'failed', tools: 'passed', tasks: 'skipped' });
  });

  it('lets known failures be, and says why', async () => {
    const rows = await judge({ tools: [check('FAILURE')] }, { tools: 'the registry is slow' });

    expect(outcomes(rows)).toMatchObject({ tools: 'expected' });
    expect((await verdict).scenarioTable(rows)).toMatch(/\| tools +\| required .*fails, known: the registry is slow/);
  });

  it('fails a scenario that passes although it is known to fail', async () => {
    expect(outcomes(await judge({}, { ping: 'not built' }))).toMatchObject({ ping: 'failed' });
  });

  it('refuses a known failure of a scenario that there is not', async () => {
    await expect(judge({}, { pong: 'a slip of the pen' })).rejects.toThrow('pong');
  });

  it('names the checks that failed or warn, with what the suite said', async () => {
    const rows = await judge({
      ping: [check('SUCCESS'), check('WARNING', 'late')],
      tools: [check('FAILURE', 'no tools')],
    });

    expect((await verdict).problemsOf(rows)).toBe('ping\n  WARNING a-check: late\ntools\n  FAILURE a-check: no tools');
  });
});
