import { hostname } from 'node:os';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Problem, toProblem } from '@manifold/rest';
import { Store, type Collection, type Json, type Stored } from '@manifold/store';
import type { InstallProgress } from '../install-progress.js';
import { asProblem } from '../package-problems.js';
import { Job } from './job.js';
import { JOBS, type JobRecord } from './job-record.js';

const KEPT_MS = 24 * 3600 * 1000;
const LISTED = 100;

/** Work that takes longer than a request should: its progress and its log while it runs, its outcome for a day. */
@Injectable()
export class Jobs implements OnApplicationBootstrap {
  private readonly logger = new Logger(Jobs.name);
  private readonly records: Collection<JobRecord>;
  private readonly running = new Map<string, Job>();

  constructor(store: Store) {
    this.records = store.collection(JOBS);
  }

  /** What this machine did when it was killed has no one to end it. */
  async onApplicationBootstrap(): Promise<void> {
    const left = await this.records.find({ status: 'running', machine: hostname() });
    const error = { status: 503, code: 'interrupted', message: 'The gateway was stopped meanwhile' };
    for (const { id, revision, value } of left) {
      await this.records.update(id, revision, { ...value, status: 'failed', error, endedAt: new Date().toISOString() });
    }
  }

  /**
   * Starts work, and follows it to its end whether or not anybody waits.
   * @returns the job, and what comes of it
   */
  async start<T extends object>(
    about: Pick<JobRecord, 'tenant' | 'kind' | 'serverName'>,
    work: (progress: InstallProgress) => Promise<T>,
  ): Promise<{ job: Job; result: Promise<T> }> {
    const record: JobRecord = {
      ...about,
      status: 'running',
      percent: 0,
      step: 'waiting',
      log: [],
      machine: hostname(),
      createdAt: new Date().toISOString(),
    };
    const { id } = await this.records.insert(record, { expiresAt: Date.now() + KEPT_MS });
    const job = new Job(id, record);
    this.running.set(id, job);
    const result = this.run(job, work);
    result.catch(() => undefined); // it is in the record; whoever waits hears of it too
    return { job, result };
  }

  /** A job that runs in this process. */
  live(tenant: string, id: string): Job | undefined {
    const job = this.running.get(id);
    return job?.record.tenant === tenant ? job : undefined;
  }

  /** @throws Problem 404 `job_not_found` */
  async get(tenant: string, id: string): Promise<JobRecord> {
    const record = this.live(tenant, id)?.record ?? (await this.records.get(id))?.value;
    if (record?.tenant !== tenant) throw new Problem(404, 'job_not_found', 'There is no such job');
    return record;
  }

  /** The newest first. */
  async list(tenant: string): Promise<{ id: string; record: JobRecord }[]> {
    let stored: Stored<JobRecord>[] = [];
    for (let page = stored; ;) {
      page = await this.records.find({ tenant }, { limit: LISTED, after: page.at(-1)?.id });
      stored = [...stored, ...page].slice(-LISTED);
      if (page.length < LISTED) break;
    }
    return stored.reverse().map(({ id, value }) => ({ id, record: this.running.get(id)?.record ?? value }));
  }

  private async run<T extends object>(job: Job, work: (progress: InstallProgress) => Promise<T>): Promise<T> {
    try {
      const result = await work(job);
      job.change({
        status: 'succeeded',
        percent: 100,
        step: 'done',
        result: result as Json,
        endedAt: new Date().toISOString(),
      });
      return result;
    } catch (error) {
      const problem = toProblem(asProblem(error));
      const { status, code, message } = problem;
      job.change({ status: 'failed', error: { status, code, message }, endedAt: new Date().toISOString() });
      if (status >= 500) this.logger.warn({ msg: 'work on a package failed', kind: job.record.kind, err: error });
      throw problem;
    } finally {
      await this.keep(job);
      this.running.delete(job.id);
    }
  }

  private async keep({ id, record }: Job): Promise<void> {
    try {
      const stored = await this.records.get(id);
      if (stored) await this.records.update(id, stored.revision, record);
    } catch (err) {
      this.logger.warn({ msg: 'the outcome of a job could not be stored', job: id, err });
    }
  }
}
