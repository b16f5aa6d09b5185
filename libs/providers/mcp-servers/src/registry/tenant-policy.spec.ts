import { ApiKeyService } from '@manifold/auth';
import { ServerSupervisor } from '@manifold/mcp-hosting';
import { ServerExtensions, ServerPolicy, type ServerPrograms } from '@manifold/server-model';
import { Tenants, type TenantPolicy } from '@manifold/tenants';
import { registration, TestGateway, until, type Answer } from '../../testing/src/gateway.js';

const REMOTE = {
  name: 'remote',
  transportType: 'streamable_http',
  url: 'https://mcp.example.test/mcp',
  enabled: false,
};

describe('the policy of a tenant about stdio servers', () => {
  let gateway: TestGateway;
  let key: string;

  const open = async (environment: Record<string, string> = {}, dataDir?: string): Promise<void> => {
    gateway = await TestGateway.start({ environment, dataDir });
    const keys = gateway.app.get(ApiKeyService, { strict: false });
    const [known] = await keys.list('acme');
    if (known) await keys.revoke('acme', known.id);
    key = (await keys.create({ tenant: 'acme', name: 'boss', roles: ['operator'], createdBy: 'spec' })).key;
  };
  const setPolicy = (policy?: TenantPolicy): void =>
    gateway.app.get(Tenants, { strict: false }).put('acme', { enabled: true, policy, createdAt: '', updatedAt: '' });
  const acme = async (method: string, path: string, body?: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) };
    const url = `${await gateway.app.getUrl()}${path}`;
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };
  const namesOf = async (): Promise<string[]> =>
    (await acme('GET', '/mcp/servers')).body.servers.map(({ name }: { name: string }) => name);
  const view = async (name: string) => (await acme('GET', `/mcp/servers/${name}`)).body.server;
  const connected = (name: string) => until(async () => (await view(name)).status === 'connected');
  const REFUSED = { status: 403, body: { success: false, code: 'stdio_not_allowed' } };

  afterEach(() => TestGateway.destroyAll());

  describe('that allows packages alone, as is the default', () => {
    beforeEach(() => open());

    it('refuses to register a command, and names the setting and who can change it', async () => {
      const answer = await acme('POST', '/mcp/servers', registration('tool'));
      expect(answer).toMatchObject(REFUSED);
      expect(answer.body.detail).toMatch(
        /TENANT_STDIO_SERVERS .*admins of the tenant "default" can set policy\.stdio of tenant acme/,
      );
      expect(await acme('POST', '/mcp/servers', { ...registration('tool'), enabled: false })).toMatchObject(REFUSED);
      expect(await namesOf()).toEqual([]);
      expect((await gateway.rest('POST', '/mcp/servers', registration('tool'))).status).toBe(200);
    });

    it('refuses to turn a remote server into a command, and leaves it as it was', async () => {
      expect((await acme('POST', '/mcp/servers', REMOTE)).status).toBe(200);
      const { command, args } = registration('remote');
      const change = { transportType: 'stdio', command, args };
      expect(await acme('PUT', '/mcp/servers/remote', change)).toMatchObject(REFUSED);
      expect(await view('remote')).toMatchObject({ transportType: 'streamable_http', url: REMOTE.url });
    });

    it('refuses to import a command, and then imports nothing', async () => {
      expect((await acme('POST', '/mcp/servers', REMOTE)).status).toBe(200);
      const { name, command, args } = registration('tool');
      const servers = [
        { ...REMOTE, name: 'other' },
        { name, command, args },
        { name: 'remote', transportType: 'stdio', command, args },
      ];
      for (const query of ['', '?dryRun=true', '?prune=true']) {
        const answer = await acme('POST', `/servers/import${query}`, { version: 1, servers });
        expect(answer).toMatchObject(REFUSED);
        expect(answer.body.errors).toMatchObject([{ pointer: '/servers/1' }, { pointer: '/servers/2' }]);
      }
      expect(await namesOf()).toEqual(['remote']);
      expect(await view('remote')).toMatchObject({ transportType: 'streamable_http' });
    });

    it('lets the program of the installed package run, with other arguments but with no other code', async () => {
      const { name, command, args } = registration('tool') as { name: string; command: string; args: string[] };
      const programs: ServerPrograms = {
        prepare: async (_tenant, _name, program) => ({ ...program, release: () => undefined }),
        isOfPackage: async (tenant, server, program) =>
          tenant === 'acme' && server === name && program.command === command && program.args[0] === args[0],
      };
      gateway.app.get(ServerExtensions, { strict: false }).programs = programs;
      expect((await acme('POST', '/mcp/servers', { name, command, args })).status).toBe(200);
      await connected('tool');
      expect((await acme('PUT', '/mcp/servers/tool', { args: [...args, '--more'] })).status).toBe(200);
      for (const change of [
        { args: ['-e', ''] },
        { args: ['--import', 'data:text/javascript,', ...args] },
        { command: '/bin/sh' },
        { env: { NODE_OPTIONS: '--import=data:text/javascript,' } },
        { env: { PATH: '/tmp' } },
        { isolation: 'user', secretsAs: 'environment', secretNames: ['LD_PRELOAD'] },
      ]) {
        expect(await acme('PUT', '/mcp/servers/tool', change)).toMatchObject(REFUSED);
      }
      await connected('tool');
      expect(await view('tool')).toMatchObject({ command, args: [...args, '--more'], env: {} });
      expect(await acme('POST', '/mcp/servers', { ...registration('copy'), command, args })).toMatchObject(REFUSED);
    });

    it('lets those servers be described, disabled and removed that it forbids, but not enabled', async () => {
      setPolicy({ stdio: 'any' });
      expect((await acme('POST', '/mcp/servers', { ...registration('old'), enabled: false })).status).toBe(200);
      setPolicy();
      expect((await acme('PUT', '/mcp/servers/old', { description: 'Forbidden' })).status).toBe(200);
      expect((await acme('PUT', '/mcp/servers/old', { access: { roles: ['user'] } })).status).toBe(200);
      expect(await acme('PUT', '/mcp/servers/old/enable')).toMatchObject(REFUSED);
      expect(await acme('PUT', '/mcp/servers/old', { enabled: true })).toMatchObject(REFUSED);
      expect((await acme('PUT', '/mcp/servers/old/disable')).status).toBe(200);
      expect((await acme('DELETE', '/mcp/servers/old')).status).toBe(200);
    });
  });

  it.each(['shared', 'user'])('does not start a %s server that it forbids, whose state says why', async (isolation) => {
    await open({ TENANT_STDIO_SERVERS: 'any' });
    const { dataDir } = gateway;
    const old = registration('old', `--ledger=${dataDir}/starts`);
    expect((await acme('POST', '/mcp/servers', { ...old, isolation })).status).toBe(200);
    await connected('old');
    await gateway.stop();
    const starts = gateway.ledger('starts');
    expect(starts).toHaveLength(1);

    await open({}, dataDir);
    await until(async () => (await view('old')).lastError !== undefined);
    expect(await view('old')).toMatchObject({
      enabled: true,
      lastError: expect.stringMatching(/^Server old is not started\. .*TENANT_STDIO_SERVERS/),
    });
    expect((await view('old')).status).not.toBe('connected');
    expect(await acme('PUT', '/mcp/servers/old/enable')).toMatchObject(REFUSED);
    const context = { ...gateway.principal('boss'), tenant: 'acme' };
    const server = gateway.app.get(ServerSupervisor, { strict: false }).server('acme', 'old')!.for(context);
    await expect(server.connect(new AbortController().signal)).rejects.toMatchObject({ code: 'permission_denied' });
    expect(gateway.ledger('starts')).toEqual(starts);
  });

  it('ends and starts running servers when it is changed', async () => {
    await open({ TENANT_STDIO_SERVERS: 'any' });
    expect((await acme('POST', '/mcp/servers', registration('tool'))).status).toBe(200);
    await connected('tool');
    const first = gateway.app.get(ServerSupervisor, { strict: false }).server('acme', 'tool')!;
    setPolicy({ stdio: 'none' });
    await until(async () => /policy\.stdio of tenant acme/.test((await view('tool')).lastError ?? ''));
    await until(() => first.status === 'disconnected');
    setPolicy({ stdio: 'any' });
    await connected('tool');
  });

  it('ends the processes of single users when it is changed, also of a server that could not be introduced', async () => {
    await open({ TENANT_STDIO_SERVERS: 'any' });
    const old = registration('old', '--reject-list');
    expect((await acme('POST', '/mcp/servers', { ...old, isolation: 'user' })).status).toBe(200);
    await until(async () => (await view('old')).status === 'error');
    const server = gateway.app.get(ServerSupervisor, { strict: false }).server('acme', 'old')!;
    await server.for({ ...gateway.principal('alice'), tenant: 'acme' }).connect(new AbortController().signal);
    expect(server.instances).toHaveLength(1);

    setPolicy({ stdio: 'none' });
    await until(() => server.instances.length === 0);
    await until(async () => /policy\.stdio of tenant acme/.test((await view('old')).lastError ?? ''));
  });

  it('holds for the tenant "default" where the gateway says so, from the first start on', async () => {
    await open({ STDIO_SERVERS: 'none', SAMPLE_SERVER: 'true' });
    expect((await gateway.rest('GET', '/mcp/servers')).body.servers).toEqual([]);
    const answer = await gateway.rest('POST', '/mcp/servers', registration('tool'));
    expect(answer).toMatchObject(REFUSED);
    expect(answer.body.detail).toMatch(/STDIO_SERVERS of the gateway, which only those who run it can change/);
    expect((await gateway.rest('POST', '/mcp/servers', REMOTE)).status).toBe(200);
  });

  it('includes what this machine needs to keep tenants apart', async () => {
    await open({ TENANT_STDIO_SERVERS: 'any' });
    gateway.app.get(ServerPolicy, { strict: false }).isolation = {
      refusalFor: (tenant) => (tenant === 'default' ? undefined : 'Stdio servers of tenants need SERVER_SANDBOX'),
    };
    const answer = await acme('POST', '/mcp/servers', registration('tool'));
    expect(answer).toMatchObject(REFUSED);
    expect(answer.body.detail).toContain('SERVER_SANDBOX');
    expect((await gateway.rest('POST', '/mcp/servers', registration('tool'))).status).toBe(200);
  });
});
