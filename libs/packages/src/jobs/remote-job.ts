import type { LiveJob } from './job-events.js';
import type { JobRecord } from './job-record.js';

const ASKED_EVERY_MS = 1000;

/** Job that another replica runs. While it has a follower, the other replica is asked every second. */
export class RemoteJob implements LiveJob {
  /** @param ask fetches the state; rejects if the state is not available at the moment */
  constructor(
    private state: JobRecord,
    private readonly ask: () => Promise<JobRecord>,
  ) {}

  get record(): JobRecord {
    return this.state;
  }

  follow(follower: () => void): () => void {
    let isFollowed = true;
    const look = async (): Promise<void> => {
      this.state = await this.ask().catch(() => this.state);
      if (!isFollowed) return;
      if (this.state.status === 'running') timer = setTimeout(() => void look(), ASKED_EVERY_MS);
      follower();
    };
    let timer = setTimeout(() => void look(), ASKED_EVERY_MS);
    return () => {
      isFollowed = false;
      clearTimeout(timer);
    };
  }
}
