import { Injectable } from '@nestjs/common';
import { ApiKeyService, DEFAULT_TENANT } from '@manifold/auth';
import { Problem } from '@manifold/rest';
import { ServerHost } from '@manifold/server-hosting';
import { TenantRegistry } from '@manifold/tenants';

/** Takes tenants away. What belongs to a server, such as users' secrets and packages, goes with it. */
@Injectable()
export class TenantRemoval {
  constructor(
    private readonly registry: TenantRegistry,
    private readonly host: ServerHost,
    private readonly keys: ApiKeyService,
  ) {}

  /**
   * @param force with all that it has; a failure leaves it disabled, and can be repeated
   * @throws Problem 404 `tenant_not_found`, 409 `tenant_not_empty`, `default_tenant`
   */
  async remove(tenant: string, force: boolean): Promise<void> {
    refuseDefault(tenant);
    await this.registry.get(tenant);
    if (force) await this.clear(tenant);
    const servers = this.host.list(tenant).length;
    const keys = (await this.keys.list(tenant)).length;
    if (servers + keys > 0) {
      const message = `Tenant ${tenant} has ${servers} servers and ${keys} API keys: delete them first, or use force=true`;
      throw new Problem(409, 'tenant_not_empty', message);
    }
    await this.registry.remove(tenant);
  }

  /** Nobody adds anything meanwhile: its callers are refused. */
  private async clear(tenant: string): Promise<void> {
    await this.registry.change(tenant, { enabled: false });
    for (const { id } of await this.keys.list(tenant)) await this.keys.revoke(tenant, id);
    for (const { name } of this.host.list(tenant)) await this.host.delete(tenant, name);
  }
}

/** Whoever manages tenants belongs to this one. @throws Problem 409 */
export function refuseDefault(tenant: string): void {
  if (tenant !== DEFAULT_TENANT) return;
  throw new Problem(409, 'default_tenant', `The tenant "${DEFAULT_TENANT}" can be neither disabled nor deleted`);
}
