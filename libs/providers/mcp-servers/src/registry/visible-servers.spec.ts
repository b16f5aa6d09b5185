import { VisibleServers } from './visible-servers.service.js';
import { registration, TestGateway, textOf, type Answer } from '../../testing/src/gateway.js';

const REQUESTS: [method: string, path: string, body?: object][] = [
  ['GET', '/mcp/servers/hidden'],
  ['GET', '/mcp/user/servers/hidden'],
  ['GET', '/mcp/user/servers/hidden/tools'],
  ['GET', '/mcp/user/servers/hidden/install'],
  ['POST', '/mcp/user/servers/hidden/install', {}],
  ['PUT', '/mcp/user/servers/hidden/install', {}],
  ['DELETE', '/mcp/user/servers/hidden/install'],
  ['POST', '/mcp/user/servers/hidden/secrets', { secrets: [{ name: 'TOKEN', value: 'v' }] }],
  ['POST', '/mcp/user/servers/hidden/refresh', {}],
  ['GET', '/mcp/servers/hidden/oauth'],
  ['POST', '/mcp/servers/hidden/oauth', { accessToken: 'a-token' }],
  ['DELETE', '/mcp/servers/hidden/oauth'],
  ['POST', '/secrets/set', { serverName: 'hidden', secretName: 'TOKEN', secretValue: 'v' }],
  ['POST', '/secrets/delete', { serverName: 'hidden', secretName: 'TOKEN' }],
];

describe('servers that are not for everybody', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    gateway.join('alice', 'sales');
    gateway.join('carla', 'sales', 'chiefs');
    await register({ ...registration('open') });
    await register({ ...registration('hidden'), access: { groups: ['sales'] } });
  });
  afterAll(() => gateway.destroy());

  const register = async (body: object) => expect((await gateway.rest('POST', '/mcp/servers', body)).status).toBe(200);
  const change = (name: string, access: object) => gateway.rest('PUT', `/mcp/servers/${name}`, { access });
  const appsOf = async (user: string) => new Set((await gateway.list(user)).map(({ app }) => app));
  const namesOf = async (user: string, app: string) =>
    (await gateway.list(user)).filter((tool) => tool.app === app).map(({ name }) => name);
  const serversOf = ({ body }: Answer) => body.servers.map(({ name }: { name: string }) => name);

  it('are listed, by REST and over MCP, to those whom their rule lets in', async () => {
    expect(await appsOf('alice')).toEqual(new Set(['hidden', 'open']));
    expect(await appsOf('bob')).toEqual(new Set(['open']));
    for (const path of ['/mcp/servers', '/mcp/user/servers']) {
      expect(serversOf(await gateway.rest('GET', path, undefined, 'alice'))).toEqual(['hidden', 'open']);
      expect(serversOf(await gateway.rest('GET', path, undefined, 'bob'))).toEqual(['open']);
    }
  });

  it.each(REQUESTS.map(([method, path, body]) => ({ method, path, body })))(
    'are not there for others: $method $path',
    async ({ method, path, body }) => {
      const asked = async (name: string, user: string) => {
        const named = body && JSON.parse(JSON.stringify(body).replaceAll('hidden', name));
        const answer = await gateway.rest(method, path.replace('hidden', name), named, user);
        return { status: answer.status, code: answer.body.code, error: answer.body.error?.replaceAll(name, 'it') };
      };
      const refused = await asked('hidden', 'bob');
      expect(refused).toEqual(await asked('missing', 'bob'));
      expect(refused).toMatchObject({ status: 404, code: 'server_not_found' });
      expect((await asked('hidden', 'alice')).code).not.toBe('server_not_found');
    },
  );

  it('are managed by operators, who see of them over MCP what their rule shows them', async () => {
    const { body } = await gateway.rest('GET', '/mcp/servers/hidden');
    expect(body.server.access).toEqual({ groups: ['sales'] });
    expect(serversOf(await gateway.rest('GET', '/mcp/servers'))).toEqual(['hidden', 'open']);
    expect(serversOf(await gateway.rest('GET', '/mcp/user/servers'))).toEqual(['open']);
    expect(await appsOf('operator')).toEqual(new Set(['open']));
  });

  it('refuse a call with a reference from before as if the tool were gone', async () => {
    await register({ ...registration('closing'), access: { groups: ['sales', 'support'] } });
    gateway.join('dave', 'support');
    const tool = (await gateway.list('dave')).find(({ publicName }) => publicName === 'closing_pid')!;
    const context = { principal: gateway.principal('dave'), cancellation: AbortSignal.abort() } as never;
    await expect(gateway.provider.callTool(tool.ref, {}, context)).rejects.toMatchObject({ name: 'AbortError' });
    await change('closing', { groups: ['sales'] });
    await expect(gateway.provider.callTool(tool.ref, {}, context)).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: 'Server closing has no tool pid',
    });
    expect(await gateway.provider.describeApp('closing', gateway.principal('dave'))).toBeUndefined();
    expect(await gateway.provider.describeApp('closing', gateway.principal('alice'))).toBeDefined();
  });

  it('show some of their tools to fewer', async () => {
    const tools = [
      { names: ['pid'], groups: ['chiefs'] },
      { names: ['p*'], users: [{ subject: 'zoe' }] },
    ];
    await register({ ...registration('partly'), access: { groups: ['sales'], tools } });
    expect(await namesOf('carla', 'partly')).toContain('pid');
    expect(await namesOf('alice', 'partly')).not.toContain('pid');
    expect(await namesOf('alice', 'partly')).not.toHaveLength(0);
    const [shown, hidden] = await Promise.all(
      ['carla', 'alice'].map((user) => gateway.rest('GET', '/mcp/user/servers/partly/tools', undefined, user)),
    );
    const names = ({ body }: Answer) => body.tools.map(({ name }: { name: string }) => name);
    expect(names(shown!)).toContain('pid');
    expect(names(hidden!)).not.toContain('pid');
    const { body } = await gateway.rest('GET', '/mcp/servers/partly', undefined, 'alice');
    expect(body.server.toolsList.map(({ name }: { name: string }) => name)).not.toContain('pid');
  });

  it('go on running, with their calls, when others see them from now on', async () => {
    await register({ ...registration('steady'), access: { groups: ['sales'] } });
    const pid = textOf(await gateway.call('steady_pid', {}, { user: 'alice' }));
    const { status, body } = await change('steady', { users: [{ subject: 'bob', issuer: 'manifold' }] });
    expect([status, body.server.access]).toEqual([200, { users: [{ subject: 'bob', issuer: 'manifold' }] }]);
    expect(await appsOf('alice')).not.toContain('steady');
    expect(textOf(await gateway.call('steady_pid', {}, { user: 'bob' }))).toBe(pid);
    await change('steady', {});
    expect(await appsOf('bob')).not.toContain('steady');
    await change('steady', { roles: ['user'] });
    expect(textOf(await gateway.call('steady_pid', {}, { user: 'alice' }))).toBe(pid);
  });

  it('share one listing among all who see the same, under a key that no other rule had', async () => {
    const keyOf = (user: string) => gateway.provider.catalogueKey(gateway.principal(user));
    gateway.join('erin', 'sales');
    await register({ ...registration('keyed'), enabled: false, access: { groups: ['sales'] } });
    const before = ['alice', 'bob'].map(keyOf);
    expect(keyOf('erin')).toBe(keyOf('alice'));
    expect(keyOf('alice')).not.toBe(keyOf('bob'));
    await register({ ...registration('bystander'), enabled: false });
    expect(['alice', 'bob'].map(keyOf)).toEqual(before);
    await change('keyed', { users: [{ subject: 'bob' }] });
    expect(keyOf('alice')).not.toBe(before[0]);
    await change('keyed', { groups: ['sales'] });
    expect(before).not.toContain(keyOf('alice'));
    expect(before).not.toContain(keyOf('bob'));
  });

  it('decide once for each principal', () => {
    const visible = gateway.app.get(VisibleServers);
    const access = visible.accessOf(gateway.principal('alice'));
    expect(visible.accessOf(gateway.principal('alice'))).toBe(access);
    expect(visible.accessOf({ ...gateway.principal('alice'), groups: [] })).not.toBe(access);
  });

  it('tell of their changes those alone who see them, and all of the tenant of a changed rule', async () => {
    await register({ ...registration('noisy'), access: { groups: ['sales'] } });
    const isAffected = (user: string, app?: string) =>
      gateway.provider.isAffected(gateway.principal(user), { tenant: 'default', app });
    expect([isAffected('alice', 'noisy'), isAffected('bob', 'noisy'), isAffected('bob', 'open')]).toEqual([
      true,
      false,
      true,
    ]);
    expect(isAffected('bob')).toBe(true);
    expect(gateway.provider.isAffected({ ...gateway.principal('bob'), tenant: 'acme' }, { tenant: 'default' })).toBe(
      false,
    );
    const changes: unknown[] = [];
    const stop = gateway.provider.onToolsChanged((_key, changed) => changes.push(changed));
    await change('noisy', { groups: ['sales', 'support'] });
    stop();
    expect(changes).toEqual([{ tenant: 'default' }]);
  });

  it.each<[string, object, string]>([
    ['an unknown member', { group: ['sales'] }, '/access/group'],
    ['an unknown role', { roles: ['root'] }, '/access/roles'],
    ['a group that is no text', { groups: [{ $ne: '' }] }, '/access/groups'],
    ['a user without a name', { users: [{ issuer: 'manifold' }] }, '/access/users/0/subject'],
    ['a user that is a text', { users: ['alice'] }, '/access/users'],
    ['tools without names', { roles: ['user'], tools: [{ names: [], roles: ['admin'] }] }, '/access/tools/0/names'],
    ['rules of tools alone', { tools: [{ names: ['*'], roles: ['admin'] }] }, '/access'],
  ])('are refused with %s', async (_what, access, pointer) => {
    const { status, body } = await gateway.rest('POST', '/mcp/servers', { ...registration('faulty'), access });
    expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
    expect((await gateway.rest('GET', '/mcp/servers/faulty')).status).toBe(404);
  });

  it('are in documents with their rules, and are as they were when these are imported again', async () => {
    const { body: document } = await gateway.rest('GET', '/servers/export');
    const partly = document.servers.find(({ name }: { name: string }) => name === 'partly');
    expect(partly.access.tools).toHaveLength(2);
    const again = await gateway.rest('POST', '/servers/import', document);
    expect(again.body.results.every(({ action }: { action: string }) => action === 'unchanged')).toBe(true);
    const wrong = { ...document, servers: [{ ...partly, access: { groups: 'sales' } }] };
    const refused = await gateway.rest('POST', '/servers/import', wrong);
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([400, '/servers/0/access/groups']);
    const everybodys = { ...partly, access: undefined };
    const opened = await gateway.rest('POST', '/servers/import', { ...document, servers: [everybodys] });
    expect(opened.body.results).toEqual([{ name: 'partly', action: 'updated' }]);
    expect(await appsOf('bob')).toContain('partly');
  });
});
