import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ServerSupervisor, type ServerRecord } from '@manifold/mcp-hosting';
import { Tenants } from '@manifold/tenants';
import { ServerRegistry } from './server-registry.service.js';

/**
 * Applies a changed policy of a tenant to its servers on this replica. A running server that it now forbids ends when its running calls
 * have ended, and its state says why. A server that it forbade before is started.
 */
@Injectable()
export class PolicyChanges implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(PolicyChanges.name);
  private unsubscribe?: () => void;

  constructor(
    private readonly tenants: Tenants,
    private readonly registry: ServerRegistry,
    private readonly supervisor: ServerSupervisor,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.tenants.onPolicyChanged((tenant) => void this.apply(tenant));
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /** Never rejects. */
  private async apply(tenant: string): Promise<void> {
    const programs = this.registry.list(tenant).filter(({ transport }) => transport.transportType === 'stdio');
    for (const { name } of programs) {
      try {
        await this.registry.whileRegistered(tenant, name, () => this.applyTo(this.registry.get(tenant, name)));
      } catch (err) {
        this.logger.error({ msg: 'a changed policy could not be applied to a server', tenant, server: name, err });
      }
    }
  }

  private async applyTo(record: ServerRecord): Promise<void> {
    const { status, instances = [] } = this.supervisor.server(record.tenant, record.name) ?? {};
    // A server that could not be introduced may have processes of single users all the same.
    const runs = status === 'connected' || status === 'connecting' || instances.length > 0;
    if (record.enabled && !(runs && (await this.isAllowed(record)))) this.supervisor.takeOver(record);
  }

  private isAllowed(record: ServerRecord): Promise<boolean> {
    return this.supervisor.check(record).then(
      () => true,
      () => false,
    );
  }
}
