import type { InstallProgress } from '../model/install-progress.js';

const FROM = 15;
const COLLECTED = 80;
const INSTALLING = 85;

/**
 * Derives progress steps from the output of pip. The number of packages is not known in advance, so each collected package advances the
 * percentage by a fraction of the rest.
 */
export class PipSteps {
  private percent = FROM;

  constructor(private readonly progress: InstallProgress) {}

  onLine(line: string): void {
    this.progress.onLog(line);
    const [, collected] = /^Collecting (\S+)/.exec(line) ?? [];
    if (collected !== undefined) this.step(this.percent + (COLLECTED - this.percent) / 8, `collecting ${collected}`);
    if (line.startsWith('Installing collected packages')) this.step(INSTALLING, 'installing');
  }

  private step(percent: number, step: string): void {
    this.percent = Math.max(percent, this.percent);
    this.progress.onStep(Math.floor(this.percent), step);
  }
}
