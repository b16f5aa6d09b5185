import { Injectable } from '@nestjs/common';
import { SecretsService } from '@manifold/secrets';
import { ServerExtensions } from '@manifold/server-model';
import type { DeleteImpactDto } from './delete-impact.dto.js';
import type { ServerStatus } from '@manifold/mcp-hosting';
import { ServerRegistry } from '../registry/server-registry.service.js';
import type { ServerDto } from '../registry/servers.dto.js';

/** Counts what is removed with a server, so that an operator can check it before the deletion. */
@Injectable()
export class DeleteImpact {
  constructor(
    private readonly registry: ServerRegistry,
    private readonly secrets: SecretsService,
    private readonly extensions: ServerExtensions,
  ) {}

  /** @throws ProblemError 404 `server_not_found` */
  async of(tenant: string, name: string): Promise<DeleteImpactDto> {
    this.registry.get(tenant, name);
    const [stored, others] = await Promise.all([
      this.secrets.countApp(tenant, name),
      this.extensions.impactOf(tenant, name),
    ]);
    const view = this.registry.view(tenant, name);
    return {
      ...others,
      server: name,
      usersWithSecrets: stored.users,
      secrets: stored.secrets,
      sessions: sessionsOf(view),
      tools: view.toolsList.length,
      processes: processesOf(view),
    };
  }
}

function processesOf({ transportType, instances, status }: ServerDto): number {
  if (transportType !== 'stdio') return 0;
  if (instances) return instances.filter(isConnected).length;
  return isConnected({ status }) ? 1 : 0;
}

function sessionsOf({ transportType, instances, sessionId }: ServerDto): number {
  if (transportType === 'stdio') return 0;
  if (instances) return instances.filter(isConnected).length;
  return sessionId === undefined ? 0 : 1;
}

const isConnected = ({ status }: { readonly status: ServerStatus }): boolean => status === 'connected';
