import { openGateway, type TestGateway } from '@manifold/auth/testing';
import { Store } from '@manifold/store';
import { Tenants, type TenantPolicy } from '@manifold/tenants';
import { API_KEYS } from './api-key.record.js';

describe('The REST routes of API keys', () => {
  let gateway: TestGateway;
  let admin: string;

  beforeEach(async () => {
    gateway = await openGateway();
    admin = await gateway.key('root', ['admin']);
  });

  afterEach(() => gateway.close());

  async function call(
    method: string,
    path: string,
    key: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${gateway.url}${path}`, {
      method,
      headers: { 'x-api-key': key, ...(body !== undefined && { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it('make a key that works, and show it once', async () => {
    const expiresAt = '2100-01-01T00:00:00.000Z';
    const groups = ['sales'];
    const wanted = { name: 'ci', roles: ['service', 'operator'], groups, issuer: 'https://idp.test', expiresAt };
    const { status, body } = await call('POST', '/auth/keys', admin, wanted);
    expect(status).toBe(200);
    const { key, ...shown } = body;
    expect(shown).toEqual({
      success: true,
      id: expect.any(String),
      name: 'ci',
      tenant: 'default',
      issuer: 'https://idp.test',
      roles: ['user', 'service', 'operator'],
      groups,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      createdBy: { tenant: 'default', issuer: 'manifold', subject: 'root' },
      expiresAt,
    });
    expect((await call('GET', '/auth/keys', key as string)).status).toBe(403);

    const { body: list } = await call('GET', '/auth/keys', admin);
    const record = { ...shown, success: undefined };
    expect(list).toEqual({
      success: true,
      keys: [expect.objectContaining({ name: 'root', issuer: 'manifold' }), record],
    });
    expect(JSON.stringify(list)).not.toMatch(/mfk_|hash/);
  });

  it('revoke a key at once', async () => {
    const { body } = await call('POST', '/auth/keys', admin, { name: 'ci', roles: ['admin'] });
    const key = body['key'] as string;
    expect((await call('GET', '/auth/keys', key)).status).toBe(200);
    expect(await call('DELETE', `/auth/keys/${body['id']}`, admin)).toEqual({ status: 200, body: { success: true } });
    expect((await call('GET', '/auth/keys', key)).status).toBe(401);
    expect(await call('DELETE', `/auth/keys/${body['id']}`, admin)).toMatchObject({
      status: 404,
      body: { success: false, code: 'api_key_not_found' },
    });
  });

  it('are for admins only', async () => {
    const other = await gateway.key('other', ['user', 'operator', 'service']);
    for (const [method, path, body] of [
      ['POST', '/auth/keys', { name: 'x', roles: ['admin'] }],
      ['GET', '/auth/keys', undefined],
      ['DELETE', '/auth/keys/x', undefined],
    ] as const) {
      expect(await call(method, path, other, body)).toMatchObject({ status: 403, body: { code: 'insufficient_role' } });
    }
    expect((await fetch(`${gateway.url}/auth/keys`)).status).toBe(401);
  });

  it("know the keys of the caller's tenant only (threat 47)", async () => {
    const stranger = await gateway.key('root', ['admin'], { tenant: 'other' });
    const { body } = await call('POST', '/auth/keys', admin, { name: 'ci', roles: [] });
    expect((await call('DELETE', `/auth/keys/${body['id']}`, stranger)).status).toBe(404);
    const { body: list } = await call('GET', '/auth/keys', stranger);
    expect(list['keys']).toEqual([expect.objectContaining({ name: 'root', tenant: 'other' })]);
    expect((await call('GET', '/auth/keys', body['key'] as string)).status).toBe(403);
  });

  describe('in a tenant other than "default"', () => {
    let boss: string;
    const grant = (name: string, ...roles: string[]) => call('POST', '/auth/keys', boss, { name, roles });
    const setPolicy = (policy?: TenantPolicy): void =>
      gateway.app.get(Tenants, { strict: false }).put('acme', { enabled: true, policy, createdAt: '', updatedAt: '' });
    const REFUSED = { status: 403, body: { success: false, code: 'role_not_grantable' } };

    beforeEach(async () => (boss = await gateway.key('boss', ['admin', 'operator'], { tenant: 'acme' })));

    it('give no role that its policy does not let its admins give, and name the setting', async () => {
      const refused = await grant('ops', 'operator');
      expect(refused).toMatchObject(REFUSED);
      expect(refused.body['detail']).toMatch(/TENANT_GRANTABLE_ROLES.*policy\.grantableRoles of tenant acme/);
      expect(await grant('both', 'admin', 'operator')).toMatchObject(REFUSED);
      expect((await call('GET', '/auth/keys', boss)).body['keys']).toHaveLength(1);
      expect((await grant('deputy', 'admin', 'service')).status).toBe(200);
      setPolicy({ grantableRoles: ['operator'] });
      expect((await grant('ops', 'operator', 'user')).status).toBe(200);
      expect(await grant('second', 'admin')).toMatchObject(REFUSED);
    });

    it('take roles away that an admin of it has given against the policy', async () => {
      setPolicy({ grantableRoles: ['admin', 'operator'] });
      const { body } = await grant('deputy', 'admin');
      const list = () => call('GET', '/auth/keys', body['key'] as string);
      setPolicy({ grantableRoles: ['operator'] });
      expect(await list()).toMatchObject({ status: 403, body: { code: 'insufficient_role' } });
      const { status, body: seen } = await call('GET', '/auth/keys', boss);
      expect(status).toBe(200); // a role that nobody of the tenant has given
      const deputy = { name: 'deputy', roles: ['user'] };
      expect(seen['keys']).toEqual(expect.arrayContaining([expect.objectContaining(deputy)]));
      const [record] = await gateway.app
        .get(Store, { strict: false })
        .collection(API_KEYS)
        .find({ name: 'deputy', tenant: 'acme' });
      expect(record!.value.roles).toEqual(['user', 'admin']);
    });
  });

  it.each<[string, unknown, string]>([
    ['no name', { roles: [] }, '/name'],
    ['an empty name', { name: '', roles: [] }, '/name'],
    ['a name with a line break', { name: 'a\nb', roles: [] }, '/name'],
    ['a name that is too long', { name: 'x'.repeat(65), roles: [] }, '/name'],
    ['an operator as the name', { name: { $gt: '' }, roles: [] }, '/name'],
    ['no roles', { name: 'x' }, '/roles'],
    ['an unknown role', { name: 'x', roles: ['root'] }, '/roles'],
    ['a role twice', { name: 'x', roles: ['user', 'user'] }, '/roles'],
    ['roles that are no list', { name: 'x', roles: 'admin' }, '/roles'],
    ['an operator as the issuer', { name: 'x', roles: [], issuer: { $ne: null } }, '/issuer'],
    ['an expiry that is no time', { name: 'x', roles: [], expiresAt: 'tomorrow' }, '/expiresAt'],
    ['an expiry without a time zone', { name: 'x', roles: [], expiresAt: '2100-01-01T00:00:00' }, '/expiresAt'],
    ['an expiry in the past', { name: 'x', roles: [], expiresAt: '2001-01-01T00:00:00Z' }, '/expiresAt'],
    ['a tenant (threat 46)', { name: 'x', roles: [], tenant: 'other' }, '/tenant'],
    ['a hash (threat 46)', { name: 'x', roles: [], hash: 'x' }, '/hash'],
    ['a creator (threat 46)', { name: 'x', roles: [], createdBy: 'x' }, '/createdBy'],
  ])('answer 400 to %s', async (_case, body, pointer) => {
    expect(await call('POST', '/auth/keys', admin, body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ pointer }] },
    });
    expect((await call('GET', '/auth/keys', admin)).body['keys']).toHaveLength(1);
  });

  it('answer 409 to a name that is taken', async () => {
    expect(await call('POST', '/auth/keys', admin, { name: 'root', roles: [] })).toMatchObject({
      status: 409,
      body: { code: 'api_key_exists' },
    });
  });
});
