import type { InstallProgress } from '../model/install-progress.js';
import type { JobRecord } from './job-record.js';

const MOST_LINES = 500;
const LONGEST_LINE = 2000;

/** Running work in this process, with its followers. */
export class Job implements InstallProgress {
  private readonly controller = new AbortController();
  private readonly followers = new Set<() => void>();

  constructor(
    readonly id: string,
    private state: JobRecord,
  ) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get record(): JobRecord {
    return this.state;
  }

  onStep(percent: number, step: string): void {
    this.change({ percent: Math.max(this.state.percent, Math.min(100, Math.round(percent))), step });
  }

  onLog(line: string): void {
    const { log, lines = 0 } = this.state;
    this.change({ log: [...log.slice(1 - MOST_LINES), line.slice(0, LONGEST_LINE)], lines: lines + 1 });
  }

  cancel(reason: Error): void {
    this.controller.abort(reason);
  }

  change(fields: Partial<JobRecord>): void {
    this.state = { ...this.state, ...fields };
    for (const follower of this.followers) follower();
  }

  /** @returns a function that removes the follower */
  follow(follower: () => void): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }
}
