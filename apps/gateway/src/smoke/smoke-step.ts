/** One check of a gateway. Steps run one after the other, each once. */
export interface SmokeStep {
  /** The group of the step in a report. */
  readonly suite: string;
  readonly name: string;
  /** A step that must pass before this one. Otherwise this one is skipped. */
  readonly needs?: SmokeStep;
  /**
   * Runs the check.
   * @param signal aborts when the time of the step is up
   * @returns a detail for the report, if there is one
   * @throws SkippedStepError when there is nothing to check, any other error when the gateway fails
   */
  run(signal: AbortSignal): Promise<string | undefined>;
}

/** Error: there is nothing to check. The message says why. */
export class SkippedStepError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'SkippedStepError';
  }
}

export interface StepResult {
  readonly step: Pick<SmokeStep, 'suite' | 'name'>;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** The result of the step, or why it failed or was skipped. */
  readonly detail?: string;
  /** Milliseconds. */
  readonly took: number;
}

/** Returns the message of an error for people: fetch hides its reason in `cause`. */
export function readable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return `${error.message}: ${cause.message || (cause as NodeJS.ErrnoException).code || cause.name}`;
}
