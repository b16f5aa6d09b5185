import { SkippedStepError, readable, type SmokeStep, type StepResult } from './smoke-step.js';

/** The time limits in milliseconds. */
export interface SmokeLimits {
  readonly step: number;
  readonly total: number;
}

/**
 * Runs the steps in order. No step exceeds its time limit, even if it ignores its signal.
 * @param onResult gets the result of each step
 */
export async function runSteps(
  steps: readonly SmokeStep[],
  limits: SmokeLimits,
  onResult: (result: StepResult) => void,
): Promise<StepResult[]> {
  const end = AbortSignal.timeout(limits.total);
  const results = new Map<SmokeStep, StepResult>();
  for (const step of steps) {
    const result = await runStep(step, step.needs && results.get(step.needs), limits, end);
    results.set(step, result);
    onResult(result);
  }
  return [...results.values()];
}

async function runStep(
  step: SmokeStep,
  needed: StepResult | undefined,
  limits: SmokeLimits,
  end: AbortSignal,
): Promise<StepResult> {
  if (needed && needed.outcome !== 'passed') {
    return { step, outcome: 'skipped', detail: `"${needed.step.name}" did not pass`, took: 0 };
  }
  const started = performance.now();
  const took = (): number => performance.now() - started;
  const own = AbortSignal.timeout(limits.step);
  try {
    const detail = await orAborted(step, AbortSignal.any([own, end]));
    return { step, outcome: 'passed', detail, took: took() };
  } catch (error) {
    if (error instanceof SkippedStepError) return { step, outcome: 'skipped', detail: error.message, took: took() };
    return { step, outcome: 'failed', detail: late(own, end, limits) ?? readable(error), took: took() };
  }
}

function late(own: AbortSignal, end: AbortSignal, limits: SmokeLimits): string | undefined {
  if (end.aborted) return `no time was left: all steps together may take ${limits.total / 1000} s`;
  if (own.aborted) return `no answer within ${limits.step / 1000} s`;
  return undefined;
}

async function orAborted(step: SmokeStep, signal: AbortSignal): Promise<string | undefined> {
  signal.throwIfAborted();
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([step.run(signal), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
