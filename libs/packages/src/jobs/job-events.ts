import type { MessageEvent } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { Job } from './job.js';
import type { JobRecord } from './job-record.js';

/**
 * A job as server-sent events: `progress` with percent and step, `log` with each new line, and `end` with the outcome, which is the
 * last one. Whoever comes late gets what there is so far.
 */
export const jobEvents = (job: Job): Observable<MessageEvent> =>
  new Observable((subscriber) => {
    let lines = 0;
    let before: JobRecord | undefined;
    const tell = (): void => {
      const { record } = job;
      if (record.percent !== before?.percent || record.step !== before.step) {
        subscriber.next({ type: 'progress', data: { percent: record.percent, step: record.step } });
      }
      const fresh = Math.min(job.lineCount - lines, record.log.length);
      for (const line of record.log.slice(record.log.length - fresh)) subscriber.next({ type: 'log', data: { line } });
      lines = job.lineCount;
      before = record;
      if (record.status === 'running') return;
      subscriber.next({ type: 'end', data: outcome(record) });
      subscriber.complete();
    };
    tell();
    return job.follow(tell);
  });

/** The same for a job that has ended. */
export const endedJobEvents = (record: JobRecord): Observable<MessageEvent> =>
  new Observable((subscriber) => {
    for (const line of record.log) subscriber.next({ type: 'log', data: { line } });
    subscriber.next({ type: 'end', data: outcome(record) });
    subscriber.complete();
  });

const outcome = ({ status, result, error }: JobRecord): object => ({ status, result, error });
