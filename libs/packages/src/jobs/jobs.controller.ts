import { Controller, Delete, Get, Param, Sse, type MessageEvent } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiProblems } from '@manifold/rest';
import { endedJobEvents, jobEvents } from './job-events.js';
import { jobView } from './job-view.js';
import { JobAnswerDto, JobsAnswerDto } from './jobs.dto.js';
import { Jobs } from './jobs.service.js';

/** Installs and upgrades of the caller's tenant, while they run and for a day after their start. */
@ApiTags('packages')
@ApiAuthenticated()
@ApiProblems(403, 503)
@Roles('operator')
@Controller('packages/jobs')
export class JobsController {
  constructor(private readonly jobs: Jobs) {}

  @Get()
  @ApiOperation({
    summary: 'List the last 100 jobs, newest first',
    description: 'A job is an install, an upgrade or a check for updates. Jobs that are still running are included.',
  })
  @ApiOkResponse({ type: JobsAnswerDto })
  async list(@CurrentPrincipal() { tenant }: Principal): Promise<JobsAnswerDto> {
    const jobs = await this.jobs.list(tenant);
    return { success: true, jobs: jobs.map(({ id, record }) => jobView(id, record)) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get a job with its progress, log and outcome' })
  @ApiOkResponse({ type: JobAnswerDto })
  @ApiProblems(404)
  async get(@Param('id') id: string, @CurrentPrincipal() { tenant }: Principal): Promise<JobAnswerDto> {
    return { success: true, job: jobView(id, await this.jobs.get(tenant, id)) };
  }

  @Sse(':id/events')
  @ApiOperation({
    summary: 'Follow a job as server-sent events',
    description: 'The events are `progress` {percent, step}, `log` {line}, and finally `end` {status, result, error}.',
  })
  @ApiProduces('text/event-stream')
  @ApiProblems(404)
  async events(@Param('id') id: string, @CurrentPrincipal() { tenant }: Principal): Promise<Observable<MessageEvent>> {
    const job = await this.jobs.live(tenant, id);
    return job ? jobEvents(job) : endedJobEvents(await this.jobs.get(tenant, id));
  }

  @Delete(':id')
  @ApiOperation({
    summary: 'Cancel a job',
    description: 'An unfinished install or upgrade is undone. A job that has ended stays unchanged.',
  })
  @ApiOkResponse({ type: JobAnswerDto })
  @ApiProblems(404)
  async cancel(@Param('id') id: string, @CurrentPrincipal() { tenant }: Principal): Promise<JobAnswerDto> {
    return { success: true, job: jobView(id, await this.jobs.cancel(tenant, id)) };
  }
}
