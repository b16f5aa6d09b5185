import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Bus, ReplicaGoneError, Topic, type Unsubscribe } from '@manifold/bus';
import type { JobRecord } from './job-record.js';

export interface JobQuestion {
  readonly id: string;
  /** Ends it, too. */
  readonly cancel: boolean;
}

const JOB = new Topic<JobQuestion, JobRecord | null>('packages.job');

/** What replicas ask each other about the jobs that they do. */
@Injectable()
export class RemoteJobs implements OnApplicationShutdown {
  private unsubscribe: Unsubscribe = () => undefined;

  constructor(private readonly bus: Bus) {}

  /** This one. */
  get replica(): string {
    return this.bus.replica;
  }

  onApplicationShutdown(): void {
    this.unsubscribe();
  }

  /** @param answer knows the jobs that this replica does */
  onAsked(answer: (question: JobQuestion) => Promise<JobRecord | undefined>): void {
    this.unsubscribe = this.bus.onAsked(JOB, async (question) => (await answer(question)) ?? null);
  }

  /**
   * @param replica undefined: one of an older release, that has ended
   * @returns how the job stands; `gone` when the replica does not do it any more; `unknown` when it cannot be reached for now
   */
  async ask(replica: string | undefined, question: JobQuestion): Promise<JobRecord | 'gone' | 'unknown'> {
    if (replica === undefined || replica === this.bus.replica) return 'gone';
    try {
      return (await this.bus.ask(replica, JOB, question)) ?? 'gone';
    } catch (error) {
      if (!(error instanceof ReplicaGoneError)) throw error;
      return this.bus.isShared && !this.bus.isConnected ? 'unknown' : 'gone';
    }
  }
}
