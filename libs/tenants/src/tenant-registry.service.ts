import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, Topic } from '@manifold/bus';
import { ProblemError } from '@manifold/rest';
import { byId, CachedCollection, Store, StoreConflictError, type Collection, type Stored } from '@manifold/store';
import { TENANTS, type TenantRecord } from './tenant-record.js';
import { Tenants } from './tenants.js';

/** Settings of a tenant that an admin can change. Each setting is replaced as a whole. */
export type TenantSettings = Partial<Pick<TenantRecord, 'displayName' | 'enabled' | 'packages' | 'policy' | 'limits'>>;

/** Announces that a tenant was set up, changed or deleted. */
interface TenantChanged {
  readonly tenant: string;
}

const TENANT_CHANGED = new Topic<TenantChanged>('tenants.changed');

/**
 * Stores the tenants that were set up. A change returns when all replicas that listen have applied it, at the latest after a second.
 *
 * Lifecycle: `onModuleInit` reads all tenants before the port is open. `onApplicationShutdown` ends the subscription to changes.
 */
@Injectable()
export class TenantRegistry implements OnModuleInit, OnApplicationShutdown {
  private readonly records: Collection<TenantRecord>;
  private readonly cache: CachedCollection<TenantRecord, TenantChanged, TenantRecord>;

  constructor(
    store: Store,
    bus: Bus,
    private readonly tenants: Tenants,
  ) {
    this.records = store.collection(TENANTS);
    this.cache = new CachedCollection(this.records, bus, {
      keys: byId<TenantRecord, 'tenant'>('tenant'),
      decode: ([stored]) => stored?.value,
      topic: TENANT_CHANGED,
      scopeOf: (tenant) => tenant,
      onChanged: (tenant) => this.show(tenant),
      onReread: (tenant) => this.show(tenant),
    });
  }

  async onModuleInit(): Promise<void> {
    for (const tenant of await this.cache.load()) this.show(tenant);
  }

  onApplicationShutdown(): void {
    this.cache.close();
  }

  /** Returns all tenants in ascending order of name. */
  list(): Promise<Stored<TenantRecord>[]> {
    return this.cache.all();
  }

  /** @throws ProblemError 404 `tenant_not_found` */
  async get(tenant: string): Promise<Stored<TenantRecord>> {
    const stored = await this.records.get(tenant);
    if (!stored) throw tenantNotFound(tenant);
    return stored;
  }

  /** @throws ProblemError 409 `tenant_exists` */
  async create(tenant: string, settings: TenantSettings): Promise<Stored<TenantRecord>> {
    const at = new Date().toISOString();
    const record = { ...settings, enabled: settings.enabled ?? true, createdAt: at, updatedAt: at };
    try {
      return await this.cache.write({ tenant }, () => this.records.insert(record, { id: tenant }));
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
      throw new ProblemError(409, 'tenant_exists', `Tenant ${tenant} already exists`, { cause: error });
    }
  }

  /**
   * Replaces the given settings and keeps the others.
   * @throws ProblemError 404 `tenant_not_found`, 409 `tenant_changed`
   */
  async change(tenant: string, settings: TenantSettings): Promise<Stored<TenantRecord>> {
    const { revision, value } = await this.get(tenant);
    const given = Object.fromEntries(Object.entries(settings).filter(([, setting]) => setting !== undefined));
    const record: TenantRecord = { ...value, ...given, updatedAt: new Date().toISOString() };
    try {
      return await this.cache.write({ tenant }, () => this.records.update(tenant, revision, record));
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
      const message = `Tenant ${tenant} was changed by another request at the same time: read it again and repeat the change`;
      throw new ProblemError(409, 'tenant_changed', message, { cause: error });
    }
  }

  /** Deletes a tenant. Remaining callers of it are treated like those of a tenant that was never set up. */
  async remove(tenant: string): Promise<void> {
    await this.cache.remove({ tenant });
  }

  private show({ tenant }: TenantChanged): void {
    this.tenants.put(tenant, this.cache.peek({ tenant }));
  }
}

/** Returns the same error for a tenant that does not exist and for one that the caller has no access to. */
export const tenantNotFound = (tenant: string): ProblemError =>
  new ProblemError(404, 'tenant_not_found', `Tenant ${tenant} not found`);
