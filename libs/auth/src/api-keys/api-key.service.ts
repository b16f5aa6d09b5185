import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Bus, Topic } from '@manifold/bus';
import { ProblemError } from '@manifold/rest';
import {
  byFields,
  CachedCollection,
  findAll,
  Store,
  StoreConflictError,
  type Collection,
  type Stored,
} from '@manifold/store';
import { TenantPolicies } from '@manifold/tenants';
import { hasRole, LOCAL_ISSUER, principalKey, type Principal, type Role } from '../principal.js';
import { Revocations } from '../revocations.js';
import { hashApiKey, mintApiKey } from './api-key.js';
import { API_KEYS, type ApiKeyRecord } from './api-key.record.js';
import { checkGrant, grantedRoles } from './role-grants.js';

export interface NewApiKey {
  readonly tenant: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** None unless given. */
  readonly groups?: readonly string[];
  /** The gateway's own issuer unless given. */
  readonly issuer?: string;
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
  /** The principal who creates the key and whose rights limit its roles, or the name of a command. */
  readonly createdBy: Principal | string;
}

/** Announces a revoked key: its hash, and the `key` of its principal. */
interface KeyRevoked {
  readonly hash: string;
  readonly principal: string;
}

const KEY_REVOKED = new Topic<KeyRevoked>('auth.key-revoked');

const CACHED_KEYS = 10_000;
/**
 * Milliseconds, counted from the read of the store, for which a key is cached. A revocation that a replica does not hear of takes effect
 * there within this time.
 */
const CACHED_FOR_MS = 5_000;

/** Creates, lists, revokes and looks up API keys. */
@Injectable()
export class ApiKeyService implements OnApplicationShutdown {
  private readonly records: Collection<ApiKeyRecord>;
  private readonly cache: CachedCollection<ApiKeyRecord, Pick<ApiKeyRecord, 'hash'>, Principal, KeyRevoked>;

  constructor(
    store: Store,
    bus: Bus,
    private readonly revocations: Revocations,
    private readonly policies: TenantPolicies,
  ) {
    this.records = store.collection(API_KEYS);
    this.cache = new CachedCollection(this.records, bus, {
      keys: byFields('hash'),
      decode: ([stored]) => stored && principalOfRecord(stored, this.policies),
      topic: KEY_REVOKED,
      scopeOf: ({ hash }) => ({ hash }),
      recent: { name: 'api_keys', max: CACHED_KEYS, maxAbsent: CACHED_KEYS, ttl: CACHED_FOR_MS },
      onChanged: (revoked) => this.endUse(revoked),
    });
  }

  onApplicationShutdown(): void {
    this.cache.close();
  }

  /**
   * @returns the key itself, which cannot be read later, and its record
   * @throws ProblemError 403 `role_not_grantable`, 409 `api_key_exists`
   */
  async create({
    issuer = LOCAL_ISSUER,
    expiresAt,
    groups,
    createdBy,
    ...wanted
  }: NewApiKey): Promise<{ key: string; record: Stored<ApiKeyRecord> }> {
    const key = mintApiKey();
    const roles = [...new Set<Role>(['user', ...wanted.roles])];
    if (typeof createdBy !== 'string') checkGrant(createdBy, wanted.tenant, wanted.roles, this.policies);
    const createdAt = new Date().toISOString();
    const value: ApiKeyRecord = {
      ...wanted,
      issuer,
      roles,
      groups: groups && [...groups],
      createdAt,
      createdBy: typeof createdBy === 'string' ? createdBy : createdBy.key,
      hash: hashApiKey(key),
    };
    try {
      return { key, record: await this.records.insert(value, { expiresAt }) };
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
      throw new ProblemError(409, 'api_key_exists', `An API key with the name ${wanted.name} already exists`, {
        cause: error,
      });
    }
  }

  /** Returns the keys of a tenant with the roles that they have now. */
  async list(tenant: string): Promise<Stored<ApiKeyRecord>[]> {
    const stored = await findAll(this.records, { tenant });
    return stored.map((key) => ({
      ...key,
      value: { ...key.value, roles: [...grantedRoles(key.value, this.policies)] },
    }));
  }

  /** Returns whether any tenant has a key. */
  async hasKeys(): Promise<boolean> {
    return (await this.records.count()) > 0;
  }

  /**
   * Revokes the key. All replicas refuse it from now on. A replica that cannot be reached refuses it within five seconds.
   * @throws ProblemError 404 `api_key_not_found`
   */
  async revoke(tenant: string, id: string): Promise<void> {
    const record = await this.records.get(id);
    if (record?.value.tenant !== tenant || !(await this.records.remove(id))) {
      throw new ProblemError(404, 'api_key_not_found', 'There is no such API key');
    }
    await this.cache.changed({ hash: record.value.hash, principal: principalOfRecord(record, this.policies).key });
  }

  /** Returns the principal of a key. The result may be up to five seconds old, so the caller must check `expiresAt`. */
  principalOf(key: string): Promise<Principal | undefined> {
    return this.cache.get({ hash: hashApiKey(key) });
  }

  private endUse({ principal }: KeyRevoked): void {
    this.revocations.revoke(({ key, method }) => key === principal && method === 'api-key');
  }
}

function principalOfRecord({ value, expiresAt }: Stored<ApiKeyRecord>, policies: TenantPolicies): Principal {
  const { tenant, name, issuer, groups } = value;
  const principal: Principal = {
    key: principalKey(tenant, LOCAL_ISSUER, name),
    tenant,
    issuer: LOCAL_ISSUER,
    subject: name,
    roles: grantedRoles(value, policies),
    groups,
    method: 'api-key',
    expiresAt,
  };
  return hasRole(principal, 'service') && issuer !== LOCAL_ISSUER ? { ...principal, actsForIssuer: issuer } : principal;
}
