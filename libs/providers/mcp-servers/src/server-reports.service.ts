import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Bus, Topic, type Unsubscribe } from '@manifold/bus';
import { ServerSupervisor } from './server-supervisor.js';
import { mergedRunView, runView, type RunView } from './server-view.js';
import type { ServerDto } from './servers.dto.js';

const REPORT_WANTED = new Topic<{ readonly tenant: string; readonly name: string }, RunView>(
  'mcp-servers.report-wanted',
);

/** Completes what an operator is told of a server by what the other replicas know of it: a server may run, and fail, on each of them. */
@Injectable()
export class ServerReports implements OnApplicationShutdown {
  private readonly unsubscribe: Unsubscribe;

  constructor(
    private readonly bus: Bus,
    supervisor: ServerSupervisor,
  ) {
    this.unsubscribe = bus.onAnnounced(REPORT_WANTED, ({ tenant, name }) => {
      const server = supervisor.server(tenant, name);
      return server && runView(server);
    });
  }

  onApplicationShutdown(): void {
    this.unsubscribe();
  }

  /** Waits for a second at most; a replica that does not answer by then is left out. Never rejects. */
  async complete(tenant: string, view: ServerDto): Promise<ServerDto> {
    const elsewhere = await this.bus.announce(REPORT_WANTED, { tenant, name: view.name });
    return { ...view, ...mergedRunView(view, elsewhere) };
  }
}
