import { Injectable } from '@nestjs/common';
import { SecretsService } from '@manifold/secrets';
import { ServerExtensions } from '@manifold/server-hosting';
import type { DeleteImpactDto } from './delete-impact.dto.js';
import { servesUsersApart } from './server-record.js';
import { ServerRegistry } from './server-registry.service.js';
import type { ServerStatus } from './server-run.js';
import { ServerSessions } from './server-sessions.js';
import { ServerSupervisor } from './server-supervisor.js';
import { ServerTools } from './server-tools.js';

/** Counts what the deletion of a server takes with it, so that nobody deletes more than they know. */
@Injectable()
export class DeleteImpact {
  constructor(
    private readonly registry: ServerRegistry,
    private readonly supervisor: ServerSupervisor,
    private readonly tools: ServerTools,
    private readonly sessions: ServerSessions,
    private readonly secrets: SecretsService,
    private readonly extensions: ServerExtensions,
  ) {}

  /** @throws Problem 404 `server_not_found` */
  async of(tenant: string, name: string): Promise<DeleteImpactDto> {
    this.registry.get(tenant, name);
    const [stored, others] = await Promise.all([
      this.secrets.countApp(tenant, name),
      this.extensions.impactOf(tenant, name),
    ]);
    return {
      ...others,
      server: name,
      usersWithSecrets: stored.users,
      secrets: stored.secrets,
      sessions: this.sessionsOf(tenant, name),
      tools: this.tools.of(tenant, name)?.definitions.length ?? 0,
      processes: this.processesOf(tenant, name),
    };
  }

  private processesOf(tenant: string, name: string): number {
    const { record, status, instances } = this.supervisor.server(tenant, name)!;
    if (record.transport.transportType !== 'stdio') return 0;
    if (servesUsersApart(record)) return instances.filter(isConnected).length;
    return isConnected({ status }) ? 1 : 0;
  }

  private sessionsOf(tenant: string, name: string): number {
    const { record, instances } = this.supervisor.server(tenant, name)!;
    if (record.transport.transportType === 'stdio') return 0;
    if (servesUsersApart(record)) return instances.filter(isConnected).length;
    return this.sessions.idOf(tenant, name) === undefined ? 0 : 1;
  }
}

const isConnected = ({ status }: { readonly status: ServerStatus }): boolean => status === 'connected';
