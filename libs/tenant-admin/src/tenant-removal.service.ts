import { Injectable } from '@nestjs/common';
import { ApiKeyService, DEFAULT_TENANT } from '@manifold/auth';
import { ProblemError } from '@manifold/rest';
import { ServerHost } from '@manifold/server-model';
import { TenantRegistry } from '@manifold/tenants';

/** Deletes tenants. Data of a server, such as users' secrets and packages, is deleted with the server. */
@Injectable()
export class TenantRemoval {
  constructor(
    private readonly registry: TenantRegistry,
    private readonly host: ServerHost,
    private readonly keys: ApiKeyService,
  ) {}

  /**
   * @param force deletes the tenant's API keys and servers first. After a failure, the tenant stays disabled and the deletion can be
   *   repeated
   * @throws ProblemError 404 `tenant_not_found`, 409 `tenant_not_empty`, `default_tenant`
   */
  async remove(tenant: string, force: boolean): Promise<void> {
    refuseDefault(tenant);
    await this.registry.get(tenant);
    if (force) await this.clear(tenant);
    const servers = this.host.list(tenant).length;
    const keys = (await this.keys.list(tenant)).length;
    if (servers + keys > 0) {
      const message = `Tenant ${tenant} has ${servers} servers and ${keys} API keys: delete them first, or use force=true`;
      throw new ProblemError(409, 'tenant_not_empty', message);
    }
    await this.registry.remove(tenant);
  }

  /**
   * Deletes the tenant's API keys and servers. It disables the tenant first, so that no caller of the tenant can add anything meanwhile.
   */
  private async clear(tenant: string): Promise<void> {
    await this.registry.change(tenant, { enabled: false });
    for (const { id } of await this.keys.list(tenant)) await this.keys.revoke(tenant, id);
    for (const { name } of this.host.list(tenant)) await this.host.delete(tenant, name);
  }
}

/**
 * Refuses to disable or delete the tenant "default": the admins who manage tenants belong to it.
 * @throws ProblemError 409
 */
export function refuseDefault(tenant: string): void {
  if (tenant !== DEFAULT_TENANT) return;
  throw new ProblemError(409, 'default_tenant', `The tenant "${DEFAULT_TENANT}" can be neither disabled nor deleted`);
}

/**
 * Refuses a policy of the tenant "default": nobody sets its own limits, so it has the rules of the gateway alone.
 * @throws ProblemError 409
 */
export function refuseDefaultPolicy(tenant: string): void {
  if (tenant !== DEFAULT_TENANT) return;
  const message = `The policy of the tenant "${DEFAULT_TENANT}" is in the settings STDIO_SERVERS and INSTALL_SCRIPTS of the gateway, which only those who run it can change`;
  throw new ProblemError(409, 'default_tenant', message);
}
