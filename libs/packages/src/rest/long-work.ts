import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { InstallProgress } from '../model/install-progress.js';
import type { JobRecord } from '../jobs/job-record.js';
import { jobView } from '../jobs/job-view.js';
import type { JobAnswerDto } from '../jobs/jobs.dto.js';
import { Jobs } from '../jobs/jobs.service.js';

/** Answers a request when its work is done, or at once if the client sends `Prefer: respond-async` (RFC 7240). */
@Injectable()
export class LongWork {
  constructor(private readonly jobs: Jobs) {}

  /** Starts the work as a job. The work continues if the client disconnects. */
  async answer<T extends object>(
    about: Pick<JobRecord, 'tenant' | 'kind' | 'serverName'>,
    { headers }: FastifyRequest,
    reply: FastifyReply,
    work: (progress: InstallProgress) => Promise<T>,
  ): Promise<T | JobAnswerDto> {
    const { job, result } = await this.jobs.start(about, work);
    if (!prefersAsync(headers.prefer)) return result;
    void reply.status(202).headers({
      location: `/packages/jobs/${job.id}`,
      'preference-applied': 'respond-async',
    });
    return { success: true, job: jobView(job.id, job.record) };
  }
}

const prefersAsync = (prefer: string | string[] | undefined): boolean =>
  [prefer ?? []]
    .flat()
    .flatMap((value) => value.split(','))
    .some((preference) => /^respond-async\s*(;|$)/i.test(preference.trim()));
