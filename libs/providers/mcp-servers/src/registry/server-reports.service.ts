import { Injectable } from '@nestjs/common';
import { Bus, OnAnnounced, Topic } from '@manifold/bus';
import { ServerSupervisor } from '@manifold/mcp-hosting';
import { mergedRunView, runView, type RunView } from './server-view.js';
import type { ServerDto } from './servers.dto.js';

interface ReportWanted {
  readonly tenant: string;
  readonly name: string;
}

const REPORT_WANTED = new Topic<ReportWanted, RunView>('mcp-servers.report-wanted');

/** Adds the reports of other replicas to an operator's view of a server, because a server may run and fail on each replica. */
@Injectable()
export class ServerReports {
  constructor(
    private readonly bus: Bus,
    private readonly supervisor: ServerSupervisor,
  ) {}

  /** Merges the reports of all replicas. Waits at most one second; a replica that does not answer in time is left out. Never rejects. */
  async complete(tenant: string, view: ServerDto): Promise<ServerDto> {
    const elsewhere = await this.bus.announce(REPORT_WANTED, { tenant, name: view.name });
    return { ...view, ...mergedRunView(view, elsewhere) };
  }

  @OnAnnounced(REPORT_WANTED)
  onReportWanted({ tenant, name }: ReportWanted): RunView | undefined {
    const server = this.supervisor.server(tenant, name);
    return server && runView(server);
  }
}
