/** One thing that a gateway has to do. Steps run one after the other, each once. */
export interface SmokeStep {
  /** What belongs together in a report. */
  readonly suite: string;
  readonly name: string;
  /** Without that one, this one would say nothing: it is skipped when that one did not pass. */
  readonly needs?: SmokeStep;
  /**
   * @param signal ends with the time of the step
   * @returns what is worth telling, where there is something
   * @throws SkippedStep when there is nothing to try, anything else when the gateway fails
   */
  run(signal: AbortSignal): Promise<string | undefined>;
}

/** There is nothing to try: the message says why. */
export class SkippedStep extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'SkippedStep';
  }
}

export interface StepResult {
  readonly step: Pick<SmokeStep, 'suite' | 'name'>;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What the step told, or why it failed or was skipped. */
  readonly detail?: string;
  /** Milliseconds. */
  readonly took: number;
}

/** What a person reads of an error: fetch hides its reason in `cause`. */
export function readable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return `${error.message}: ${cause.message || (cause as NodeJS.ErrnoException).code || cause.name}`;
}
