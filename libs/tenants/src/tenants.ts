import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { AllowedPackages, TenantLimits, TenantPolicy, TenantRecord } from './tenant-record.js';

/** The tenant of the installation itself. Its admins manage all tenants. */
export const DEFAULT_TENANT = 'default';

const NO_LIMITS: TenantLimits = {};
const ALL_PACKAGES: AllowedPackages = {};
const NO_POLICY: TenantPolicy = {};

/** Settings of all tenants that were set up, in memory, because every request reads them. TenantRegistry fills it. */
@Injectable()
export class Tenants {
  private readonly records = new Map<string, TenantRecord>();
  private readonly onDisable = new Set<(tenant: string) => void>();
  private readonly onPolicy = new Set<(tenant: string) => void>();

  find(tenant: string): TenantRecord | undefined {
    return this.records.get(tenant);
  }

  isEnabled(tenant: string): boolean {
    return this.records.get(tenant)?.enabled ?? true;
  }

  limitsOf(tenant: string): TenantLimits {
    return this.records.get(tenant)?.limits ?? NO_LIMITS;
  }

  packagesOf(tenant: string): AllowedPackages {
    return this.records.get(tenant)?.packages ?? ALL_PACKAGES;
  }

  /** Returns the rules in the settings of a tenant. `TenantPolicies` completes them. */
  policyOf(tenant: string): TenantPolicy {
    return this.records.get(tenant)?.policy ?? NO_POLICY;
  }

  /** @param record undefined if the tenant was deleted */
  put(tenant: string, record: TenantRecord | undefined): void {
    const ends = this.isEnabled(tenant) && record?.enabled === false;
    const policy = this.policyOf(tenant);
    if (record) this.records.set(tenant, record);
    else this.records.delete(tenant);
    if (ends) for (const listener of this.onDisable) listener(tenant);
    if (isDeepStrictEqual(policy, this.policyOf(tenant))) return;
    for (const listener of this.onPolicy) listener(tenant);
  }

  /**
   * Calls the listener when a tenant is disabled.
   * @returns a function that removes the listener
   */
  onDisabled(listener: (tenant: string) => void): () => void {
    this.onDisable.add(listener);
    return () => this.onDisable.delete(listener);
  }

  /**
   * Calls the listener when the policy of a tenant has changed.
   * @returns a function that removes the listener
   */
  onPolicyChanged(listener: (tenant: string) => void): () => void {
    this.onPolicy.add(listener);
    return () => this.onPolicy.delete(listener);
  }
}
