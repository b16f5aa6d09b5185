import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Problem, toProblem } from '@manifold/rest';
import { Store, StoreConflict, type Collection, type Json, type Stored } from '@manifold/store';
import type { InstallProgress } from '../install-progress.js';
import { asProblem } from '../package-problems.js';
import { Job } from './job.js';
import type { LiveJob } from './job-events.js';
import { JOBS, type JobRecord } from './job-record.js';
import { RemoteJob } from './remote-job.js';
import { RemoteJobs, type JobQuestion } from './remote-jobs.service.js';

const KEPT_MS = 24 * 3600 * 1000;
const LISTED = 100;

/**
 * Work that takes longer than a request should: its progress and its log while it runs, its outcome for a day. The replica that does the
 * work knows how it stands; the others ask it. When it is found dead, the work has failed.
 */
@Injectable()
export class Jobs implements OnModuleInit {
  private readonly logger = new Logger(Jobs.name);
  private readonly records: Collection<JobRecord>;
  private readonly running = new Map<string, Job>();
  /** Stored, or about to be, and not yet among those that run. */
  private readonly starting = new Set<Promise<unknown>>();

  constructor(
    store: Store,
    private readonly remote: RemoteJobs,
  ) {
    this.records = store.collection(JOBS);
  }

  onModuleInit(): void {
    this.remote.onAsked((question) => this.answer(question));
  }

  /**
   * Starts work, and follows it to its end whether or not anybody waits.
   * @returns the job, and what comes of it
   */
  async start<T extends object>(
    about: Pick<JobRecord, 'tenant' | 'kind' | 'serverName'>,
    work: (progress: InstallProgress) => Promise<T>,
  ): Promise<{ job: Job; result: Promise<T> }> {
    const starting = this.begin(about);
    this.starting.add(starting);
    const job = await starting.finally(() => this.starting.delete(starting));
    const result = this.run(job, work);
    result.catch(() => undefined); // it is in the record; whoever waits hears of it too
    return { job, result };
  }

  /** A job that runs, on whichever replica. */
  async live(tenant: string, id: string): Promise<LiveJob | undefined> {
    const record = await this.get(tenant, id);
    if (record.status !== 'running') return undefined;
    return this.running.get(id) ?? new RemoteJob(record, () => this.get(tenant, id));
  }

  /** @throws Problem 404 `job_not_found` */
  async get(tenant: string, id: string): Promise<JobRecord> {
    return this.current(await this.stored(tenant, id), false);
  }

  /**
   * Ends a job. One that has ended stays as it is.
   * @throws Problem 404 `job_not_found`, 503 `replica_unreachable`
   */
  async cancel(tenant: string, id: string): Promise<JobRecord> {
    return this.current(await this.stored(tenant, id), true);
  }

  /** The newest first. */
  async list(tenant: string): Promise<{ id: string; record: JobRecord }[]> {
    let stored: Stored<JobRecord>[] = [];
    for (let page = stored; ;) {
      page = await this.records.find({ tenant }, { limit: LISTED, after: page.at(-1)?.id });
      stored = [...stored, ...page].slice(-LISTED);
      if (page.length < LISTED) break;
    }
    return Promise.all(stored.reverse().map(async (job) => ({ id: job.id, record: await this.current(job, false) })));
  }

  private async begin(about: Pick<JobRecord, 'tenant' | 'kind' | 'serverName'>): Promise<Job> {
    const record: JobRecord = {
      ...about,
      status: 'running',
      percent: 0,
      step: 'waiting',
      log: [],
      lines: 0,
      replica: this.remote.replica,
      createdAt: new Date().toISOString(),
    };
    const { id } = await this.records.insert(record, { expiresAt: Date.now() + KEPT_MS });
    const job = new Job(id, record);
    this.running.set(id, job);
    return job;
  }

  private async stored(tenant: string, id: string): Promise<Stored<JobRecord>> {
    const stored = await this.records.get(id);
    if (stored?.value.tenant !== tenant) throw new Problem(404, 'job_not_found', 'There is no such job');
    return stored;
  }

  private async answer({ id, cancel }: JobQuestion): Promise<JobRecord | undefined> {
    await Promise.allSettled(this.starting);
    const job = this.running.get(id);
    if (cancel) job?.cancel(new Problem(409, 'cancelled', 'The work was cancelled'));
    return job?.record;
  }

  /** How a job stands. */
  private async current({ id, value }: Stored<JobRecord>, cancel: boolean): Promise<JobRecord> {
    if (value.status !== 'running') return value;
    const question = { id, cancel };
    const told = (await this.answer(question)) ?? (await this.remote.ask(value.replica, question));
    if (told === 'gone') return this.interrupted(id, value);
    if (told !== 'unknown') return told;
    if (cancel) throw new Problem(503, 'replica_unreachable', 'The replica that does the work cannot be reached');
    return value;
  }

  /** Nobody does it any more: it has ended since it was read, or it never will. */
  private async interrupted(id: string, value: JobRecord): Promise<JobRecord> {
    const stored = await this.records.get(id);
    if (stored?.value.status !== 'running') return stored?.value ?? value;
    const error = { status: 503, code: 'interrupted', message: 'The gateway was stopped meanwhile' };
    const failed: JobRecord = { ...stored.value, status: 'failed', error, endedAt: new Date().toISOString() };
    try {
      await this.records.update(id, stored.revision, failed);
    } catch (conflict) {
      if (!(conflict instanceof StoreConflict)) throw conflict; // somebody else has found it out at the same time
    }
    return failed;
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
