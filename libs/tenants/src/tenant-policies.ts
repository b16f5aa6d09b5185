import { Injectable } from '@nestjs/common';
import { Config, ROLE_NAMES, type RoleName, type ScriptRule, type StdioRule } from '@manifold/config';
import { DEFAULT_TENANT, Tenants } from './tenants.js';

/** A rule that holds for a tenant. */
export interface PolicyRule<T> {
  readonly value: T;
  /** The setting that holds the rule, and who can change it: the end of a sentence. */
  readonly origin: string;
}

/**
 * The rules for programs and roles, for each tenant. The rules of the gateway hold for all tenants. A tenant other than `default` also has
 * rules of its own, and both must allow what it does.
 */
@Injectable()
export class TenantPolicies {
  constructor(
    private readonly config: Config,
    private readonly tenants: Tenants,
  ) {}

  stdioRules(tenant: string): readonly PolicyRule<StdioRule>[] {
    const { stdio, tenants } = this.config.runPolicy;
    const gateway = { value: stdio, origin: ofGateway('STDIO_SERVERS') };
    if (tenant === DEFAULT_TENANT) return [gateway];
    const { stdio: own } = this.tenants.policyOf(tenant);
    return [gateway, ruleOf(tenant, 'stdio', own, 'TENANT_STDIO_SERVERS', tenants.stdio)];
  }

  scriptRules(tenant: string): readonly PolicyRule<ScriptRule>[] {
    const { scripts, tenants } = this.config.runPolicy;
    const gateway = { value: scripts, origin: ofGateway('INSTALL_SCRIPTS') };
    if (tenant === DEFAULT_TENANT) return [gateway];
    const { allowScripts: own } = this.tenants.policyOf(tenant);
    return [gateway, ruleOf(tenant, 'allowScripts', own, 'TENANT_INSTALL_SCRIPTS', tenants.scripts)];
  }

  /** Returns the roles that an admin of the tenant may give to API keys. Admins of the tenant `default` may give every role. */
  grantableRoles(tenant: string): PolicyRule<readonly RoleName[]> {
    if (tenant === DEFAULT_TENANT) return { value: ROLE_NAMES, origin: 'no setting limits them' };
    const { grantableRoles } = this.config.runPolicy.tenants;
    const { grantableRoles: own } = this.tenants.policyOf(tenant);
    return ruleOf(tenant, 'grantableRoles', own, 'TENANT_GRANTABLE_ROLES', grantableRoles);
  }
}

const ofGateway = (setting: string): string => `${setting} of the gateway, which only those who run it can change`;

/** Returns the rule in the settings of a tenant, or the rule of tenants that have none. */
function ruleOf<T>(tenant: string, field: string, own: T | undefined, setting: string, fallback: T): PolicyRule<T> {
  const can = `admins of the tenant "${DEFAULT_TENANT}" can`;
  if (own !== undefined)
    return { value: own, origin: `policy.${field} of tenant ${tenant}, which ${can} change (PUT /tenants/${tenant})` };
  const origin = `${setting} of the gateway; ${can} set policy.${field} of tenant ${tenant} instead (POST or PUT /tenants)`;
  return { value: fallback, origin };
}
