import type { InstallProgress } from '../../src/model/install-progress.js';

/** Keeps what an install tells. */
export class RecordedProgress implements InstallProgress {
  readonly steps: [percent: number, step: string][] = [];
  readonly lines: string[] = [];

  constructor(readonly signal: AbortSignal = new AbortController().signal) {}

  onStep(percent: number, step: string): void {
    this.steps.push([percent, step]);
  }

  onLog(line: string): void {
    this.lines.push(line);
  }
}
