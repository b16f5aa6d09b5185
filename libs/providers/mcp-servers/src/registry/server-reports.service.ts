import { Injectable } from '@nestjs/common';
import { Bus, OnAnnounced, Topic } from '@manifold/bus';
import { ServerSupervisor } from '@manifold/mcp-hosting';
import { mergedRunView, runView, type RunView } from './server-view.js';
import type { ServerDto } from './servers.dto.js';

interface ReportWanted {
  readonly tenant: string;
  readonly name: string;
}

const REFRESH_WANTED = new Topic<ReportWanted>('mcp-servers.refresh-wanted');
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

  /** Lists everything of a server again, on all replicas. Resolves when this replica has ended, at the latest after the time limits of listings. */
  async refresh(tenant: string, name: string): Promise<void> {
    void this.bus.announce(REFRESH_WANTED, { tenant, name });
    await this.supervisor.server(tenant, name)?.refresh();
  }

  @OnAnnounced(REFRESH_WANTED)
  onRefreshWanted({ tenant, name }: ReportWanted): void {
    void this.supervisor.server(tenant, name)?.refresh();
  }

  @OnAnnounced(REPORT_WANTED)
  onReportWanted({ tenant, name }: ReportWanted): RunView | undefined {
    const server = this.supervisor.server(tenant, name);
    return server && runView(server);
  }
}
