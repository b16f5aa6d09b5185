import { runSteps } from './run-steps.js';
import { SkippedStepError, type SmokeStep } from './smoke-step.js';

const AMPLE = { step: 60_000, total: 60_000 };

const step = (name: string, run: SmokeStep['run'], needs?: SmokeStep): SmokeStep => ({ suite: 's', name, run, needs });
const passing = (name: string, needs?: SmokeStep): SmokeStep => step(name, async () => `${name} went well`, needs);
const failing = (name: string, error: unknown): SmokeStep => step(name, () => Promise.reject(error as Error));
const hanging = (name: string): SmokeStep => step(name, () => new Promise(() => undefined));

async function outcomes(steps: readonly SmokeStep[], limits = AMPLE): Promise<Record<string, string>> {
  const heard: string[] = [];
  const results = await runSteps(steps, limits, (result) => heard.push(result.step.name));
  expect(heard).toEqual(steps.map(({ name }) => name));
  return Object.fromEntries(results.map((result) => [result.step.name, `${result.outcome}: ${result.detail}`]));
}

describe('The steps of a smoke test', () => {
  it('run in their order, and go on after one that fails', async () => {
    const cause = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
    expect(
      await outcomes([passing('a'), failing('b', new TypeError('fetch failed', { cause })), passing('c')]),
    ).toEqual({
      a: 'passed: a went well',
      b: 'failed: fetch failed: ECONNREFUSED',
      c: 'passed: c went well',
    });
  });

  it('are skipped when what they need failed or was skipped', async () => {
    const broken = failing('broken', new Error('no'));
    const absent = failing('absent', new SkippedStepError('it is switched off'));
    const second = passing('second', broken);
    expect(await outcomes([broken, second, passing('third', second), absent, passing('fourth', absent)])).toEqual({
      broken: 'failed: no',
      second: 'skipped: "broken" did not pass',
      third: 'skipped: "second" did not pass',
      absent: 'skipped: it is switched off',
      fourth: 'skipped: "absent" did not pass',
    });
  });

  it('fail when they take too long, even those that do not listen', async () => {
    expect(await outcomes([hanging('slow'), passing('next')], { step: 20, total: 60_000 })).toEqual({
      slow: 'failed: no answer within 0.02 s',
      next: 'passed: next went well',
    });
  });

  it('fail when all of them together have taken too long', async () => {
    expect(await outcomes([hanging('slow'), passing('next')], { step: 60_000, total: 20 })).toEqual({
      slow: 'failed: no time was left: all steps together may take 0.02 s',
      next: 'failed: no time was left: all steps together may take 0.02 s',
    });
  });
});
