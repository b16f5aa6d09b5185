import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { SingleBus } from '@manifold/bus';
import { openGateway, type TestGateway } from '@manifold/auth/testing';
import { Store, type Collection, type CollectionSpec, type Fields, type Sealer } from '@manifold/store';
import { TenantPolicies, Tenants } from '@manifold/tenants';
import { Revocations } from '../revocations.js';
import { ApiKeyService } from './api-key.service.js';
import { API_KEYS } from './api-key.record.js';
import { hashApiKey, mintApiKey } from './api-key.js';

/** The real store behind a counter of its reads, which can hold them up. */
class CountingStore extends Store {
  reads = 0;
  gate: Promise<void> = Promise.resolve();

  constructor(private readonly real: Store) {
    super();
  }

  collection<T extends Fields>(spec: CollectionSpec<T>): Collection<T> {
    const records = this.real.collection(spec);
    return new Proxy(records, {
      get: (target, method: keyof Collection<T>) => {
        if (method !== 'find') return target[method].bind(target);
        return async (...args: Parameters<Collection<T>['find']>) => {
          this.reads += 1;
          const found = await target.find(...args);
          await this.gate;
          return found;
        };
      },
    });
  }

  sealWith(sealer: Sealer): void {
    this.real.sealWith(sealer);
  }

  sealExisting<T extends Fields>(spec: CollectionSpec<T>): Promise<number> {
    return this.real.sealExisting(spec);
  }

  wipeRemains(): Promise<void> {
    return this.real.wipeRemains();
  }

  ping(): Promise<void> {
    return this.real.ping();
  }
}

const NEW = { tenant: 'acme', name: 'ci', roles: [], createdBy: 'a test' } as const;

describe('API keys', () => {
  let gateway: TestGateway;
  let app: INestApplicationContext;

  beforeEach(async () => {
    gateway = await openGateway();
    app = gateway.app;
  });

  afterEach(() => jest.restoreAllMocks());
  afterEach(() => gateway.close());

  function serviceOn(store: Store): ApiKeyService {
    return new ApiKeyService(
      store,
      new SingleBus(),
      new Revocations(new Tenants()),
      app.get(TenantPolicies, { strict: false }),
    );
  }

  const counted = (): [ApiKeyService, CountingStore] => {
    const store = new CountingStore(app.get(Store));
    return [serviceOn(store), store];
  };

  it('have 256 random bits behind a prefix', async () => {
    const { key } = await serviceOn(app.get(Store)).create(NEW);
    expect(key).toMatch(/^mfk_[\w-]{43}$/);
    expect(new Set(Array.from({ length: 1000 }, mintApiKey)).size).toBe(1000);
  });

  it('leave nothing in the database that could be used (threat 7)', async () => {
    const { key, record } = await serviceOn(app.get(Store)).create(NEW);
    expect(record.value.hash).toBe(hashApiKey(key));
    const files = (await readdir(gateway.dataDir)).filter((name) => name.startsWith('manifold.db'));
    const bytes = Buffer.concat(await Promise.all(files.map((name) => readFile(join(gateway.dataDir, name)))));
    expect(bytes.includes(record.value.hash)).toBe(true);
    expect(bytes.includes(key)).toBe(false);
    expect(bytes.includes(key.slice('mfk_'.length))).toBe(false);
  });

  it('are recognised as their name in their tenant, with the role user in any case', async () => {
    const [keys] = counted();
    const { key } = await keys.create({ ...NEW, roles: ['operator'], groups: ['sales'], expiresAt: 4_000_000_000_000 });
    await expect(keys.principalOf(key)).resolves.toEqual({
      key: '["acme","manifold","ci"]',
      tenant: 'acme',
      issuer: 'manifold',
      subject: 'ci',
      roles: ['user', 'operator'],
      groups: ['sales'],
      method: 'api-key',
      expiresAt: 4_000_000_000_000,
    });
  });

  it('say for which issuer a service acts, and only a service', async () => {
    const [keys] = counted();
    const issuer = 'https://idp.test';
    const service = await keys.create({ ...NEW, roles: ['service'], issuer });
    const other = await keys.create({ ...NEW, name: 'other', roles: ['operator'], issuer });
    const local = await keys.create({ ...NEW, name: 'local', roles: ['service'] });
    await expect(keys.principalOf(service.key)).resolves.toMatchObject({ issuer: 'manifold', actsForIssuer: issuer });
    expect(await keys.principalOf(other.key)).not.toHaveProperty('actsForIssuer');
    expect(await keys.principalOf(local.key)).not.toHaveProperty('actsForIssuer');
  });

  it('have one name each in a tenant, also when made in parallel', async () => {
    const [keys] = counted();
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => keys.create(NEW)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = attempts.find(({ status }) => status === 'rejected');
    expect(refused).toMatchObject({ reason: { status: 409, code: 'api_key_exists' } });
    await expect(keys.create({ ...NEW, tenant: 'other' })).resolves.toBeDefined();
  });

  it('are looked up once for a hundred parallel calls and for those that follow', async () => {
    const [keys, store] = counted();
    const { key } = await keys.create(NEW);
    await Promise.all(Array.from({ length: 100 }, () => keys.principalOf(key)));
    await keys.principalOf(key);
    expect(store.reads).toBe(1);
  });

  it('are looked up once when they are unknown, and a flood of those pushes no good key out', async () => {
    const [keys, store] = counted();
    const { key } = await keys.create(NEW);
    jest.spyOn(performance, 'now').mockReturnValue(performance.now()); // nothing grows old, however long the flood takes
    await keys.principalOf(key);
    const wrong = mintApiKey();
    await Promise.all(Array.from({ length: 100 }, () => keys.principalOf(wrong)));
    await expect(keys.principalOf(wrong)).resolves.toBeUndefined();
    expect(store.reads).toBe(2);

    for (let index = 0; index < 10_100; index += 1) await keys.principalOf(mintApiKey());
    const before = store.reads;
    await expect(keys.principalOf(key)).resolves.toBeDefined();
    expect(store.reads).toBe(before);
    expect(store.reads).toBe(10_102);
    jest.restoreAllMocks();
  });

  it('are refused at once after a revocation here', async () => {
    const [keys] = counted();
    const { key, record } = await keys.create(NEW);
    await expect(keys.principalOf(key)).resolves.toBeDefined();
    await keys.revoke('acme', record.id);
    await expect(keys.principalOf(key)).resolves.toBeUndefined();
  });

  it('are refused after a revocation that happened while they were being looked up', async () => {
    const [keys, store] = counted();
    const { key, record } = await keys.create(NEW);
    let open = (): void => undefined;
    store.gate = new Promise((resolve) => (open = resolve));
    const early = keys.principalOf(key);
    await keys.revoke('acme', record.id);
    open();
    await early;
    await expect(keys.principalOf(key)).resolves.toBeUndefined();
  });

  it('are refused within five seconds after a revocation elsewhere', async () => {
    const [here] = counted();
    const [elsewhere] = counted();
    const { key, record } = await here.create(NEW);
    await expect(here.principalOf(key)).resolves.toBeDefined();
    await elsewhere.revoke('acme', record.id);
    jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 5_001);
    await expect(here.principalOf(key)).resolves.toBeUndefined();
  });

  it('are looked up again after the database did not answer', async () => {
    const [keys, store] = counted();
    const { key } = await keys.create(NEW);
    store.gate = Promise.reject(new Error('the database is down'));
    await expect(keys.principalOf(key)).rejects.toThrow('the database is down');
    store.gate = Promise.resolve();
    await expect(keys.principalOf(key)).resolves.toBeDefined();
  });

  it('are listed by tenant, all of them, and revoked by their tenant only', async () => {
    const [keys] = counted();
    const { record } = await keys.create(NEW);
    await keys.create({ ...NEW, tenant: 'other' });
    const collection = app.get(Store).collection(API_KEYS);
    const value = { ...record.value, tenant: 'big' };
    for (let index = 0; index < 1001; index += 1)
      await collection.insert({ ...value, name: `k${index}`, hash: `h${index}` });
    await expect(keys.list('acme')).resolves.toEqual([record]);
    await expect(keys.list('big')).resolves.toHaveLength(1001);
    await expect(keys.revoke('other', record.id)).rejects.toMatchObject({ status: 404, code: 'api_key_not_found' });
    await expect(keys.list('acme')).resolves.toHaveLength(1);
  });

  it('are gone after their expiry, and their name is free', async () => {
    const [keys] = counted();
    const { key } = await keys.create({ ...NEW, expiresAt: Date.now() - 1 });
    await expect(keys.principalOf(key)).resolves.toBeUndefined();
    await expect(keys.create(NEW)).resolves.toBeDefined();
  });
});
