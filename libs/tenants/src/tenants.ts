import { Injectable } from '@nestjs/common';
import type { AllowedPackages, TenantLimits, TenantRecord } from './tenant-record.js';

const NO_LIMITS: TenantLimits = {};
const ALL_PACKAGES: AllowedPackages = {};

/** The settings of all tenants, in memory: every request asks. TenantRegistry fills it. */
@Injectable()
export class Tenants {
  private readonly records = new Map<string, TenantRecord>();
  private readonly listeners = new Set<(tenant: string) => void>();

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

  names(): string[] {
    return [...this.records.keys()];
  }

  /** @param record undefined: it is gone */
  put(tenant: string, record: TenantRecord | undefined): void {
    const ends = this.isEnabled(tenant) && record?.enabled === false;
    if (record) this.records.set(tenant, record);
    else this.records.delete(tenant);
    if (ends) for (const listener of this.listeners) listener(tenant);
  }

  /** A tenant is disabled from now on. @returns a function that takes the listener away */
  onDisabled(listener: (tenant: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
