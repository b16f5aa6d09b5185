import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, Topic } from '@manifold/bus';
import { Problem } from '@manifold/rest';
import { Store, StoreConflict, type Collection, type Stored } from '@manifold/store';
import { TENANTS, type TenantRecord } from './tenant-record.js';
import { Tenants } from './tenants.js';

/** What can be decided about a tenant. Each setting is replaced as a whole. */
export type TenantSettings = Partial<Pick<TenantRecord, 'displayName' | 'enabled' | 'packages' | 'limits'>>;

/** A tenant was set up, changed or deleted. */
const TENANT_CHANGED = new Topic<{ readonly tenant: string }>('tenants.changed');

const PAGE = 1_000;

/**
 * The tenants that were set up, as stored. What one replica changes, all know when it has answered.
 *
 * Lifecycle: `onModuleInit` reads them all, before the port is open.
 */
@Injectable()
export class TenantRegistry implements OnModuleInit, OnApplicationShutdown {
  private readonly records: Collection<TenantRecord>;
  private unsubscribe: (() => void)[] = [];

  constructor(
    store: Store,
    private readonly bus: Bus,
    private readonly tenants: Tenants,
  ) {
    this.records = store.collection(TENANTS);
  }

  async onModuleInit(): Promise<void> {
    this.unsubscribe = [
      this.bus.onAnnounced(TENANT_CHANGED, ({ tenant }) => this.reread(tenant)),
      this.bus.onMissed(() => void this.rereadAll().catch(() => undefined)), // it is called again
    ];
    await this.rereadAll();
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
  }

  /** In ascending order of name. */
  async list(): Promise<Stored<TenantRecord>[]> {
    const all: Stored<TenantRecord>[] = [];
    for (;;) {
      const page = await this.records.find({}, { limit: PAGE, after: all.at(-1)?.id });
      all.push(...page);
      if (page.length < PAGE) return all;
    }
  }

  /** @throws Problem 404 `tenant_not_found` */
  async get(tenant: string): Promise<Stored<TenantRecord>> {
    const stored = await this.records.get(tenant);
    if (!stored) throw tenantNotFound(tenant);
    return stored;
  }

  /** @throws Problem 409 `tenant_exists` */
  async create(tenant: string, settings: TenantSettings): Promise<Stored<TenantRecord>> {
    const at = new Date().toISOString();
    const record = { ...settings, enabled: settings.enabled ?? true, createdAt: at, updatedAt: at };
    try {
      return await this.tell(tenant, await this.records.insert(record, { id: tenant }));
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      throw new Problem(409, 'tenant_exists', `Tenant ${tenant} exists`, { cause: error });
    }
  }

  /** Replaces the settings that are given. @throws Problem 404 `tenant_not_found`, 409 `tenant_changed` */
  async change(tenant: string, settings: TenantSettings): Promise<Stored<TenantRecord>> {
    const { revision, value } = await this.get(tenant);
    const given = Object.fromEntries(Object.entries(settings).filter(([, setting]) => setting !== undefined));
    const record: TenantRecord = { ...value, ...given, updatedAt: new Date().toISOString() };
    try {
      return await this.tell(tenant, await this.records.update(tenant, revision, record));
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      const message = `Tenant ${tenant} was changed by somebody else at the same time`;
      throw new Problem(409, 'tenant_changed', message, { cause: error });
    }
  }

  /** Its callers, if there are any left, are as those of a tenant that was never set up. */
  async remove(tenant: string): Promise<void> {
    await this.records.remove(tenant);
    await this.tell(tenant, undefined);
  }

  private async tell<T extends Stored<TenantRecord> | undefined>(tenant: string, stored: T): Promise<T> {
    this.tenants.put(tenant, stored?.value);
    await this.bus.announce(TENANT_CHANGED, { tenant });
    return stored;
  }

  private async reread(tenant: string): Promise<void> {
    this.tenants.put(tenant, (await this.records.get(tenant))?.value);
  }

  private async rereadAll(): Promise<void> {
    const stored = await this.list();
    const present = new Set(stored.map(({ id }) => id));
    for (const tenant of this.tenants.names()) if (!present.has(tenant)) await this.reread(tenant);
    for (const { id, value } of stored) this.tenants.put(id, value);
  }
}

/** The same for a tenant that is not there and for one that is none of the caller's business. */
export const tenantNotFound = (tenant: string): Problem =>
  new Problem(404, 'tenant_not_found', `Tenant ${tenant} not found`);
