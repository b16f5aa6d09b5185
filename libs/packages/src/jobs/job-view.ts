import type { JobRecord } from './job-record.js';
import type { JobDto } from './jobs.dto.js';

/** Returns a job as the REST API shows it. */
export const jobView = (id: string, record: JobRecord): JobDto => ({
  id,
  kind: record.kind,
  serverName: record.serverName,
  status: record.status,
  percent: record.percent,
  step: record.step,
  log: record.log,
  result: record.result,
  error: record.error,
  createdAt: record.createdAt,
  endedAt: record.endedAt,
});
