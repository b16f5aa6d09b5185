import { Controller, Delete, Get, Param, Sse, type MessageEvent } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { ApiAuthenticated, CurrentPrincipal, Roles, type Principal } from '@manifold/auth';
import { ApiProblems } from '@manifold/rest';
import { endedJobEvents, jobEvents } from './job-events.js';
import { jobView } from './job-view.js';
import { JobAnswerDto, JobsAnswerDto } from './jobs.dto.js';
import { Jobs } from './jobs.service.js';

/** Installs and upgrades of the caller's tenant, while they run and for a day. */
@ApiTags('packages')
@ApiAuthenticated()
@ApiProblems(403, 503)
@Roles('operator')
@Controller('packages/jobs')
export class JobsController {
  constructor(private readonly jobs: Jobs) {}

  @Get()
  @ApiOperation({ summary: 'List the last installs and upgrades, those that are under way included' })
  @ApiOkResponse({ type: JobsAnswerDto })
  async list(@CurrentPrincipal() { tenant }: Principal): Promise<JobsAnswerDto> {
    const jobs = await this.jobs.list(tenant);
    return { success: true, jobs: jobs.map(({ id, record }) => jobView(id, record)) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One install or upgrade: its progress, its log and its outcome' })
  @ApiOkResponse({ type: JobAnswerDto })
  @ApiProblems(404)
  async get(@Param('id') id: string, @CurrentPrincipal() { tenant }: Principal): Promise<JobAnswerDto> {
    return { success: true, job: jobView(id, await this.jobs.get(tenant, id)) };
  }

  @Sse(':id/events')
  @ApiOperation({
    summary: 'Follow an install or upgrade as server-sent events',
    description: '`progress` {percent, step}, `log` {line}, and last `end` {status, result, error}.',
  })
  @ApiProduces('text/event-stream')
  @ApiProblems(404)
  async events(@Param('id') id: string, @CurrentPrincipal() { tenant }: Principal): Promise<Observable<MessageEvent>> {
    const job = await this.jobs.live(tenant, id);
    return job ? jobEvents(job) : endedJobEvents(await this.jobs.get(tenant, id));
  }

  @Delete(':id')
  @ApiOperation({
    summary: 'Cancel an install or upgrade',
    description: 'What it has done so far is undone. One that has ended stays as it is.',
  })
  @ApiOkResponse({ type: JobAnswerDto })
  @ApiProblems(404)
  async cancel(@Param('id') id: string, @CurrentPrincipal() { tenant }: Principal): Promise<JobAnswerDto> {
    return { success: true, job: jobView(id, await this.jobs.cancel(tenant, id)) };
  }
}
