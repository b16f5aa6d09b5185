import { confidentialFields, type CollectionSpec, type Json } from '@manifold/store';

export type JobStatus = 'running' | 'succeeded' | 'failed';

/** Stored state of long-running work. It is kept for a day after its start, also across restarts. */
export type JobRecord = {
  tenant: string;
  kind: 'install' | 'upgrade' | 'upgrade-all' | 'check-updates';
  /** Server of the job, if it concerns a single server. */
  serverName?: string;
  status: JobStatus;
  /** Progress, 0 to 100. */
  percent: number;
  step: string;
  log: string[];
  /** Total number of log lines, including lines that are no longer kept. Jobs of older releases have no value. */
  lines?: number;
  /** Response that the synchronous request would have returned. */
  result?: Json;
  error?: { status: number; code: string; message: string };
  /** The replica that does the work. Jobs of older releases have none. */
  replica?: string;
  /** Time of the start (ISO 8601). */
  createdAt: string;
  endedAt?: string;
};

export const JOBS: CollectionSpec<JobRecord> = {
  name: 'package_jobs',
  indexes: [{ fields: ['tenant'] }],
  confidential: confidentialFields<JobRecord>({ log: [], result: undefined, error: undefined }),
};
