import type { MessageEvent } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { JobRecord } from './job-record.js';

/** Running job whose changes can be observed. */
export interface LiveJob {
  readonly record: JobRecord;
  /** @returns a function that removes the follower */
  follow(follower: () => void): () => void;
}

/**
 * Returns a job as server-sent events: `progress` with percent and step, `log` with each new line, and finally `end` with the outcome. A
 * late subscriber first gets the current progress and the stored log lines.
 */
export const jobEvents = (job: LiveJob): Observable<MessageEvent> =>
  new Observable((subscriber) => {
    let lines = 0;
    let before: JobRecord | undefined;
    const tell = (): void => {
      const { record } = job;
      if (record.percent !== before?.percent || record.step !== before.step) {
        subscriber.next({ type: 'progress', data: { percent: record.percent, step: record.step } });
      }
      const { lines: count = 0 } = record;
      const fresh = Math.min(Math.max(count - lines, 0), record.log.length);
      for (const line of record.log.slice(record.log.length - fresh)) subscriber.next({ type: 'log', data: { line } });
      lines = count;
      before = record;
      if (record.status === 'running') return;
      subscriber.next({ type: 'end', data: outcome(record) });
      subscriber.complete();
    };
    tell();
    return job.follow(tell);
  });

/** Returns the events of a job that has ended: its log lines and `end`. */
export const endedJobEvents = (record: JobRecord): Observable<MessageEvent> =>
  new Observable((subscriber) => {
    for (const line of record.log) subscriber.next({ type: 'log', data: { line } });
    subscriber.next({ type: 'end', data: outcome(record) });
    subscriber.complete();
  });

const outcome = ({ status, result, error }: JobRecord): object => ({ status, result, error });
