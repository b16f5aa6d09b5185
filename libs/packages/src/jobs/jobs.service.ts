import { Injectable, Logger } from '@nestjs/common';
import { Bus, OnCalled, ReplicaEndedError, ReplicaGoneError, Topic } from '@manifold/bus';
import { ProblemError, toProblem } from '@manifold/rest';
import { Store, StoreConflictError, type Collection, type Json, type Stored } from '@manifold/store';
import type { InstallProgress } from '../model/install-progress.js';
import { asProblem } from '../model/package-problems.js';
import { Job } from './job.js';
import type { LiveJob } from './job-events.js';
import { JOBS, type JobRecord } from './job-record.js';
import { RemoteJob } from './remote-job.js';

const KEPT_MS = 24 * 3600 * 1000;
const LISTED = 100;

interface JobQuestion {
  readonly id: string;
  /** Whether to cancel the job. */
  readonly cancel: boolean;
}

/** Asks the replica that runs a job for its state. The answer is null if it does not run it. */
const JOB = new Topic<JobQuestion, JobRecord | null>('packages.job');

/**
 * Jobs: work that takes longer than a request should. A job has a progress and a log while it runs; it is kept for a day after its start.
 * The replica that does the work has the current state, and the other replicas ask it. If that replica is gone, the job has failed.
 */
@Injectable()
export class Jobs {
  private readonly logger = new Logger(Jobs.name);
  private readonly records: Collection<JobRecord>;
  private readonly running = new Map<string, Job>();
  /** Jobs that are being stored and are not yet in `running`. */
  private readonly starting = new Set<Promise<unknown>>();

  constructor(
    store: Store,
    private readonly bus: Bus,
  ) {
    this.records = store.collection(JOBS);
  }

  /**
   * Starts work. The job continues until its end, even if no client waits for it.
   * @returns the job and a promise of its result
   */
  async start<T extends object>(
    about: Pick<JobRecord, 'tenant' | 'kind' | 'serverName'>,
    work: (progress: InstallProgress) => Promise<T>,
  ): Promise<{ job: Job; result: Promise<T> }> {
    const starting = this.begin(about);
    this.starting.add(starting);
    const job = await starting.finally(() => this.starting.delete(starting));
    const result = this.run(job, work);
    result.catch(() => undefined); // the record has the error, and a caller that awaits `result` gets it too
    return { job, result };
  }

  /** Returns a running job of any replica; undefined if the job has ended. */
  async live(tenant: string, id: string): Promise<LiveJob | undefined> {
    const record = await this.get(tenant, id);
    if (record.status !== 'running') return undefined;
    return this.running.get(id) ?? new RemoteJob(record, () => this.get(tenant, id));
  }

  /** @throws ProblemError 404 `job_not_found` */
  async get(tenant: string, id: string): Promise<JobRecord> {
    return this.current(await this.stored(tenant, id), false);
  }

  /**
   * Cancels a job. A job that has ended stays unchanged.
   * @throws ProblemError 404 `job_not_found`, 503 `replica_unreachable`
   */
  async cancel(tenant: string, id: string): Promise<JobRecord> {
    return this.current(await this.stored(tenant, id), true);
  }

  /** Returns the last 100 jobs of a tenant, newest first. */
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
      replica: this.bus.replica,
      createdAt: new Date().toISOString(),
    };
    const { id } = await this.records.insert(record, { expiresAt: Date.now() + KEPT_MS });
    const job = new Job(id, record);
    this.running.set(id, job);
    return job;
  }

  private async stored(tenant: string, id: string): Promise<Stored<JobRecord>> {
    const stored = await this.records.get(id);
    if (stored?.value.tenant !== tenant) throw new ProblemError(404, 'job_not_found', 'There is no such job');
    return stored;
  }

  /** Returns the state of a job that this replica runs, and cancels it first if the question says so. */
  @OnCalled(JOB)
  async answer({ id, cancel }: JobQuestion): Promise<JobRecord | null> {
    await Promise.allSettled(this.starting);
    const job = this.running.get(id);
    if (cancel) job?.cancel(new ProblemError(409, 'cancelled', 'The job was cancelled'));
    return job?.record ?? null;
  }

  /** Returns the current state of a job, and cancels it first if `cancel` is set. */
  private async current({ id, value }: Stored<JobRecord>, cancel: boolean): Promise<JobRecord> {
    if (value.status !== 'running') return value;
    const question = { id, cancel };
    const told = (await this.answer(question)) ?? (await this.ask(value.replica, question));
    if (told === 'gone') return this.interrupted(id, value);
    if (told !== 'unknown') return told;
    if (cancel) throw new ProblemError(503, 'replica_unreachable', 'The replica that runs the job cannot be reached');
    return value;
  }

  /**
   * Asks another replica about a job.
   * @param replica replica that runs the job; undefined: the job is of an older release, and its process has ended
   * @returns the state of the job; `gone` if the replica does not run it any more; `unknown` if the replica cannot be reached at the moment
   */
  private async ask(replica: string | undefined, question: JobQuestion): Promise<JobRecord | 'gone' | 'unknown'> {
    if (replica === undefined || replica === this.bus.replica) return 'gone';
    try {
      return (await this.bus.call(replica, JOB, question)) ?? 'gone';
    } catch (error) {
      if (error instanceof ReplicaEndedError) return 'gone';
      if (error instanceof ReplicaGoneError) return 'unknown';
      throw error;
    }
  }

  /** Returns the state of a job that no replica runs any more: it has ended since it was read, or it was interrupted and has failed. */
  private async interrupted(id: string, value: JobRecord): Promise<JobRecord> {
    const stored = await this.records.get(id);
    if (stored?.value.status !== 'running') return stored?.value ?? value;
    const error = { status: 503, code: 'interrupted', message: 'The gateway was stopped while the job was running' };
    const failed: JobRecord = { ...stored.value, status: 'failed', error, endedAt: new Date().toISOString() };
    try {
      await this.records.update(id, stored.revision, failed);
    } catch (conflict) {
      if (!(conflict instanceof StoreConflictError)) throw conflict; // another replica has stored the failure at the same time
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
