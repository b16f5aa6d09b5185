import { possibleModes } from '@manifold/launcher/testing';
import { hasRedis } from '@manifold/bus/testing';
import { callTool, events, messages, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, connectSdk2 } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

type Answer = { readonly result?: { readonly tools: { readonly name: string }[] }; readonly error?: object };

/** Requests of operators and admins of a tenant, with ids of another tenant in them. */
const FOREIGN: [method: string, path: string, body?: object][] = [
  ['GET', '/mcp/servers/theirs'],
  ['PUT', '/mcp/servers/theirs', { displayName: 'mine' }],
  ['PUT', '/mcp/servers/theirs/enable'],
  ['PUT', '/mcp/servers/theirs/disable'],
  ['POST', '/mcp/servers/theirs/refresh'],
  ['DELETE', '/mcp/servers/theirs'],
  ['GET', '/mcp/servers/theirs/delete-impact'],
  ['GET', '/mcp/servers/theirs/oauth'],
  ['DELETE', '/mcp/servers/theirs/oauth'],
  ['GET', '/mcp/servers/theirs/oauth/client'],
  ['PUT', '/mcp/servers/theirs/oauth/client', { issuer: 'https://idp.test', clientId: 'c' }],
  ['DELETE', '/mcp/servers/theirs/oauth/client'],
  ['GET', '/mcp/servers/theirs/oauth/settings'],
  ['PUT', '/mcp/servers/theirs/oauth/settings', { preset: 'google' }],
  ['DELETE', '/mcp/servers/theirs/oauth/settings'],
  ['DELETE', '/mcp/servers/theirs/oauth/registration'],
  ['GET', '/mcp/user/servers/theirs'],
  ['GET', '/mcp/user/servers/theirs/tools'],
  ['POST', '/mcp/user/servers/theirs/install', {}],
  ['DELETE', '/mcp/user/servers/theirs/install'],
  ['POST', '/mcp/user/servers/theirs/secrets', { secrets: [{ name: 'TOKEN', value: 'v' }] }],
  ['POST', '/secrets/set', { serverName: 'theirs', secretName: 'TOKEN', secretValue: 'v' }],
  ['POST', '/secrets/delete', { serverName: 'theirs', secretName: 'TOKEN' }],
  ['POST', '/mcp/tool/call', { serverName: 'theirs', methodName: 'echo', args: {} }],
  ['GET', '/packages/by-name/theirs'],
  ['GET', '/packages/by-id/theirs'],
  ['PUT', '/packages/theirs/upgrade', {}],
  ['PUT', '/packages/theirs/enable'],
  ['PUT', '/packages/theirs/disable'],
  ['DELETE', '/packages/theirs'],
  ['DELETE', '/auth/keys/KEY'],
  ['GET', '/tenants/acme'],
  ['PUT', '/tenants/acme', { enabled: false }],
  ['DELETE', '/tenants/acme?force=true'],
  ['GET', '/tenants/acme/keys'],
  ['POST', '/tenants/acme/keys', { name: 'mine', roles: ['admin'] }],
  ['DELETE', '/tenants/acme/keys/KEY'],
];

(hasRedis && possibleModes.length > 0 ? describe : describe.skip)('Tenants, on two replicas', () => {
  let gateway: GatewayProcess;
  let [one, two]: string[] = [];
  let installation: RestClient;
  let acme: RestClient;
  let globex: RestClient;
  let acmeKey: { key: string; id: string };
  const tokens = new Map<string, string>();

  const keyFor = async (tenant: string, name: string, roles: string[], groups?: string[]) => {
    const body = { name, roles, groups };
    const made = await installation.request<{ key: string; id: string }>('POST', `/tenants/${tenant}/keys`, body);
    expect(made.status).toBe(200);
    return made.body;
  };
  const changeAccess = async (url: string, access: object): Promise<void> => {
    const operator = new RestClient(url, { token: acmeKey.key });
    expect((await operator.request('PUT', '/mcp/servers/theirs', { access })).status).toBe(200);
  };
  const jsonOf = async (response: Response) => (await response.json()) as Answer;
  const namesOf = ({ result }: Answer) => result!.tools.map(({ name }) => name);

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ replicas: 2, env: { TENANT_STDIO_SERVERS: 'any', SERVER_SANDBOX: 'auto' } });
    [one, two] = gateway.replicas.map(({ url }) => url);
    installation = new RestClient(one!);
    for (const id of ['acme', 'globex'])
      expect((await installation.request('POST', '/tenants', { id })).status).toBe(200);
    acmeKey = await keyFor('acme', 'boss', ['admin', 'operator', 'service']);
    acme = new RestClient(two!, { token: acmeKey.key });
    globex = new RestClient(two!, { token: (await keyFor('globex', 'boss', ['admin', 'operator'])).key });
    tokens.set('alice', (await keyFor('acme', 'alice', [], ['sales'])).key);
    tokens.set('bob', (await keyFor('acme', 'bob', [], ['support'])).key);
    expect((await acme.register({ name: 'theirs', ...echoServer('--offers=2') })).status).toBe(200);
    await acme.setSecret({ username: 'alice', serverName: 'theirs', secretName: 'TOKEN', secretValue: 'v' });
  });
  afterAll(() => gateway?.dispose());

  it(cites('tenancy.admin', 'are set up by admins of the default tenant, and read by their own'), async () => {
    const idsFor = async (caller: RestClient) =>
      (await caller.request<{ tenants: { id: string }[] }>('GET', '/tenants')).body.tenants.map(({ id }) => id);
    expect(await idsFor(installation)).toEqual(['acme', 'globex']);
    expect(await idsFor(acme)).toEqual(['acme']);
    expect((await acme.request('GET', '/tenants/acme')).body).toMatchObject({ tenant: { id: 'acme', enabled: true } });
    for (const [method, path, body] of [
      ['POST', '/tenants', { id: 'mine' }],
      ['PUT', '/tenants/acme', { limits: {} }],
      ['DELETE', '/tenants/acme'],
    ] as const) {
      expect((await acme.request(method, path, body)).body.code).toBe('other_tenant');
    }
    expect((await acme.request('POST', '/tenants/acme/keys', { name: 'own', roles: [] })).status).toBe(200);
    expect((await installation.request('POST', '/tenants', { id: 'acme' })).body.code).toBe('tenant_exists');
    expect((await installation.request('POST', '/tenants/none/keys', { name: 'x', roles: [] })).status).toBe(404);
    for (const body of [
      { id: '../x' },
      { id: { $ne: '' } },
      { id: 'x', tenant: 'y' },
      { id: 'x', limits: { requestsPerTenant: -1 } },
      { id: 'x', packages: { ruby: [] } },
      { id: 'x', packages: { node: ['a b'] } },
    ]) {
      expect([body, (await installation.request('POST', '/tenants', body)).status]).toEqual([body, 400]);
    }
    const locked = [{ id: 'default', enabled: false }];
    for (const body of locked)
      expect((await installation.request('POST', '/tenants', body)).body.code).toBe('default_tenant');
  });

  it(cites('tenancy.isolation', 'do not exist for each other'), async () => {
    for (const [method, path, body] of FOREIGN) {
      const { status } = await globex.request(method, path.replace('KEY', acmeKey.id), body);
      expect([method, path, status]).toEqual([method, path, 404]);
    }
    const [servers, keys, packages, audit] = await Promise.all(
      ['/mcp/servers', '/auth/keys', '/packages', '/audit'].map(async (path) =>
        JSON.stringify((await globex.request('GET', path)).body),
      ),
    );
    expect(JSON.parse(servers!)).toEqual({ success: true, servers: [] });
    expect(JSON.parse(packages!).packages).toEqual([]);
    expect(keys).not.toContain('acme');
    const tenants = JSON.parse(audit!).entries.map(({ tenant }: { tenant: string }) => tenant);
    expect(new Set(tenants)).toEqual(new Set(['globex']));
    expect((await acme.request('GET', '/mcp/servers/theirs')).status).toBe(200);
    expect((await acme.deleteSecret({ username: 'alice', serverName: 'theirs', secretName: 'TOKEN' })).status).toBe(
      200,
    );
    expect(JSON.stringify((await acme.request('GET', '/audit')).body)).toContain('POST /mcp/servers');
  });

  it(cites('tenancy.access', 'show servers and tools to those whom a rule lets in'), async () => {
    await changeAccess(one!, {
      roles: ['user'],
      tools: [{ names: ['echo*'], groups: ['sales'] }],
    });
    const connect = {
      legacy: async (url: string, token?: string) => (await connectSdk1({ url, token })).client,
      modern: async (url: string, token?: string) => (await connectSdk2({ url, token }, 'modern')).client,
    };
    for (const open of Object.values(connect)) {
      const [alice, bob] = await Promise.all([open(one!, tokens.get('alice')), open(two!, tokens.get('bob'))]);
      const [hers, his] = [await alice.listTools(), await bob.listTools()].map(({ tools }) =>
        tools.map(({ name }) => name),
      );
      expect(hers).toEqual(expect.arrayContaining(['theirs_echo', 'theirs_received']));
      expect(his).toContain('theirs_received');
      expect(his).not.toContain('theirs_echo');
      const call = (name: string) => ({ name, arguments: { message: 'hello' } });
      expect(JSON.stringify(await alice.callTool(call('theirs_echo')))).toContain('hello');
      const refused = await bob.callTool(call('theirs_echo')).catch((error: Error) => error.message);
      const unknown = await bob.callTool(call('theirs_none')).catch((error: Error) => error.message);
      expect(JSON.stringify(refused)).toBe(JSON.stringify(unknown).replaceAll('theirs_none', 'theirs_echo'));
      await Promise.all([alice.close(), bob.close()]);
    }
    const bob = new RestClient(one!, { token: tokens.get('bob') });
    const byRest = (methodName: string) => bob.callTool({ serverName: 'theirs', methodName, args: { message: 'x' } });
    expect((await byRest('echo')).status).toBe(404);
    expect((await byRest('echo')).body.code).toBe((await byRest('none')).body.code);
    expect((await byRest('received')).status).toBe(200);
  });

  it(cites('tenancy.access-change', 'hear at all replicas of a rule that has changed'), async () => {
    await changeAccess(one!, { groups: ['support'] });
    const bob = new WireClient(two!, { token: tokens.get('bob') });
    const own = '/mcp/servers/theirs/mcp';
    const session = await bob.openSession();
    const dynamic = (await bob.post(initializeDynamic, { path: '/mcp?mode=dynamic' })).headers.get('mcp-session-id')!;
    const found = async () =>
      JSON.stringify(
        await jsonOf(await bob.post(callTool(3, 'search-tools', { query: 'echo' }), { session: dynamic })),
      );
    const listed = async () => namesOf(await jsonOf(await bob.post(request(1, 'tools/list'), { session })));
    const offered = async () =>
      JSON.stringify(await jsonOf(await bob.post(request(1, 'resources/list'), { session }))) +
      JSON.stringify(await jsonOf(await bob.post(request(1, 'prompts/list'), { session })));
    const atItsOwn = async () => (await bob.modern({ id: 1, method: 'tools/list' }, { path: own })).status;
    expect(await listed()).toContain('theirs_echo');
    const before = await offered();
    expect(before).toContain('resource');
    expect(await atItsOwn()).toBe(200);
    const stream = events(await bob.get({ session }));

    await changeAccess(one!, { groups: ['sales'] });
    expect(await listed()).toEqual([]);
    expect(await offered()).not.toBe(before);
    expect(await found()).not.toContain('theirs');
    expect(await atItsOwn()).toBe(404);
    const { value } = (await stream.next()) as { value: { data: string } };
    expect(JSON.parse(value.data)).toMatchObject({ method: expect.stringMatching(/list_changed$/) });
    const answer = async (name: string) =>
      JSON.stringify(await jsonOf(await bob.post(callTool(2, name, { message: 'x' }), { session })));
    expect(await answer('theirs_echo')).toBe((await answer('theirs_none')).replaceAll('theirs_none', 'theirs_echo'));
    const alice = new WireClient(two!, { token: tokens.get('alice') });
    expect(namesOf(await jsonOf(await alice.modern({ id: 1, method: 'tools/list' })))).toContain('theirs_echo');

    await changeAccess(one!, { users: [{ subject: 'bob', issuer: 'manifold' }] });
    expect(await listed()).toContain('theirs_echo');
    expect(await atItsOwn()).toBe(200);
    await stream.return(undefined);
  });

  it(cites('tenancy.packages', 'install what their settings allow'), async () => {
    const settings = { packages: { node: ['@acme/*'] } };
    expect((await installation.request('PUT', '/tenants/acme', settings)).status).toBe(200);
    const body = { name: 'left-pad', version: '1.3.0', serverName: 'padded' };
    const refused = await acme.request('POST', '/packages/install', body);
    expect([refused.status, refused.body.code]).toEqual([403, 'package_not_allowed']);
    const servers = [{ name: 'padded', package: { name: 'left-pad', version: '1.3.0' } }];
    const imported = await acme.request('POST', '/servers/import?dryRun=true', { version: 1, servers });
    expect(imported.status).toBe(400);
    expect(imported.body).toMatchObject({
      errors: [{ pointer: '/servers/0/package/name', code: 'package_not_allowed' }],
    });
  });

  it(cites('tenancy.limits', 'have limits of their own, at once'), async () => {
    const set = (limits: object) => installation.request('PUT', '/tenants/acme', { limits });
    const call = () => acme.callTool({ username: 'bob', serverName: 'theirs', methodName: 'received', args: {} });
    await changeAccess(one!, { roles: ['user'] });
    expect((await set({ requestsPerTenant: 1 })).status).toBe(200);
    expect((await call()).status).toBe(200);
    expect((await call()).status).toBe(429);
    expect((await set({})).status).toBe(200);
    expect((await call()).status).toBe(200);
  });

  it(cites('tenancy.disabled', 'are refused everywhere when they are disabled'), async () => {
    const statuses = () =>
      Promise.all(
        [one!, two!].map(async (url) => (await new RestClient(url, { token: tokens.get('alice') }).tools()).status),
      );
    expect(await statuses()).toEqual([200, 200]);
    const session = await new WireClient(two!, { token: tokens.get('alice') }).openSession();
    const stream = await new WireClient(two!, { token: tokens.get('alice') }).get({ session });
    await installation.request('PUT', '/tenants/acme', { enabled: false });
    expect(await statuses()).toEqual([403, 403]);
    expect(await messages(stream)).toEqual([]); // it has ended
    const alice = new WireClient(two!, { token: tokens.get('alice') });
    expect((await alice.post(request(1, 'tools/list'), { session })).status).toBe(403);
    expect((await globex.tools()).status).toBe(200);
    await installation.request('PUT', '/tenants/acme', { enabled: true });
    expect(await statuses()).toEqual([200, 200]);
    expect((await alice.post(request(1, 'tools/list'), { session })).status).toBe(200);
  });

  it(cites('tenancy.removal', 'go with all that they have where that is said'), async () => {
    const refused = await installation.request('DELETE', '/tenants/acme');
    expect([refused.status, refused.body.code]).toEqual([409, 'tenant_not_empty']);
    expect((await acme.tools()).status).toBe(200);
    expect((await installation.request('DELETE', '/tenants/default?force=true')).body.code).toBe('default_tenant');
    expect((await installation.request('DELETE', '/tenants/acme?force=true')).status).toBe(200);
    expect((await acme.tools()).status).toBe(401);
    expect((await installation.request('GET', '/tenants/acme')).status).toBe(404);
    expect((await globex.tools()).status).toBe(200);
  });
});

const initializeDynamic = request(0, 'initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
});
