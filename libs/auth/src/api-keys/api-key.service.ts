import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Bus, Topic } from '@manifold/bus';
import { Problem } from '@manifold/rest';
import { Store, StoreConflict, type Collection, type Stored } from '@manifold/store';
import { hasRole, LOCAL_ISSUER, principalKey, type Principal, type Role } from '../principal.js';
import { Revocations } from '../revocations.js';
import { hashApiKey, mintApiKey } from './api-key.js';
import { ApiKeyCache } from './api-key-cache.js';
import { API_KEYS, type ApiKeyRecord } from './api-key.record.js';

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
  readonly createdBy: string;
}

/** With the `key` of the principal whose it was. */
const KEY_REVOKED = new Topic<{ readonly hash: string; readonly principal: string }>('auth.key-revoked');

const PAGE = 1000;

/** The keys of services: made, listed, revoked, recognised. */
@Injectable()
export class ApiKeyService implements OnModuleInit {
  private records: Collection<ApiKeyRecord>;
  private readonly cache = new ApiKeyCache((hash) => this.load(hash));

  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
    private readonly revocations: Revocations,
  ) {}

  onModuleInit(): void {
    this.records = this.store.collection(API_KEYS);
    this.bus.onAnnounced(KEY_REVOKED, ({ hash, principal }) => this.drop(hash, principal));
  }

  /**
   * @returns the key itself, which nobody can find out later, and its record
   * @throws Problem 409 `api_key_exists`
   */
  async create({
    issuer = LOCAL_ISSUER,
    expiresAt,
    groups,
    ...wanted
  }: NewApiKey): Promise<{ key: string; record: Stored<ApiKeyRecord> }> {
    const key = mintApiKey();
    const roles = [...new Set<Role>(['user', ...wanted.roles])];
    const createdAt = new Date().toISOString();
    const value: ApiKeyRecord = {
      ...wanted,
      issuer,
      roles,
      groups: groups && [...groups],
      createdAt,
      hash: hashApiKey(key),
    };
    try {
      return { key, record: await this.records.insert(value, { expiresAt }) };
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      throw new Problem(409, 'api_key_exists', `An API key with the name ${wanted.name} exists`, { cause: error });
    }
  }

  async list(tenant: string): Promise<Stored<ApiKeyRecord>[]> {
    const all: Stored<ApiKeyRecord>[] = [];
    for (;;) {
      const page = await this.records.find({ tenant }, { limit: PAGE, after: all.at(-1)?.id });
      all.push(...page);
      if (page.length < PAGE) return all;
    }
  }

  /** The key is refused from now on, on all replicas; on one that cannot be reached within five seconds. @throws Problem 404 `api_key_not_found` */
  async revoke(tenant: string, id: string): Promise<void> {
    const record = await this.records.get(id);
    if (record?.value.tenant !== tenant || !(await this.records.remove(id))) {
      throw new Problem(404, 'api_key_not_found', 'There is no such API key');
    }
    const { hash } = record.value;
    const { key: principal } = principalOfRecord(record);
    this.drop(hash, principal);
    await this.bus.announce(KEY_REVOKED, { hash, principal });
  }

  /** Whose key this is. The caller checks `expiresAt`: the answer may be some seconds old. */
  principalOf(key: string): Promise<Principal | undefined> {
    return this.cache.find(hashApiKey(key));
  }

  private drop(hash: string, owner: string): void {
    this.cache.drop(hash);
    this.revocations.revoke(({ key, method }) => key === owner && method === 'api-key');
  }

  private async load(hash: string): Promise<Principal | undefined> {
    const [record] = await this.records.find({ hash }, { limit: 1 });
    return record && principalOfRecord(record);
  }
}

function principalOfRecord({ value, expiresAt }: Stored<ApiKeyRecord>): Principal {
  const { tenant, name, issuer, roles, groups } = value;
  const principal: Principal = {
    key: principalKey(tenant, LOCAL_ISSUER, name),
    tenant,
    issuer: LOCAL_ISSUER,
    subject: name,
    roles,
    groups,
    method: 'api-key',
    expiresAt,
  };
  return hasRole(principal, 'service') && issuer !== LOCAL_ISSUER ? { ...principal, actsForIssuer: issuer } : principal;
}
