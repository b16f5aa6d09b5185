import type { CollectionSpec, Json } from '@manifold/store';

export type JobStatus = 'running' | 'succeeded' | 'failed';

/** Long work, as it is remembered: for a day, also over a restart. */
export type JobRecord = {
  tenant: string;
  kind: 'install' | 'upgrade' | 'upgrade-all' | 'check-updates';
  /** The server that it is about, where it is about one. */
  serverName?: string;
  status: JobStatus;
  /** 0 to 100. */
  percent: number;
  step: string;
  log: string[];
  /** How many lines there were, those included that are no longer kept. Jobs of older releases do not say. */
  lines?: number;
  /** What the synchronous route would have answered. */
  result?: Json;
  error?: { status: number; code: string; message: string };
  /** The replica that does the work. Jobs of older releases have none. */
  replica?: string;
  /** ISO 8601. */
  createdAt: string;
  endedAt?: string;
};

export const JOBS: CollectionSpec<JobRecord> = {
  name: 'package_jobs',
  indexes: [{ fields: ['tenant'] }],
};
