import { possibleModes } from '@manifold/launcher/testing';
import { mcpServer, NpmRegistrySimulator, serverWithPostinstall } from '../simulators/npm-registry/index.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { PackagesClient, type Installation } from '../support/packages-client.js';
import { onEvery } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const STDIO = { status: 403, body: { success: false, code: 'stdio_not_allowed' } };
const SCRIPTS = { status: 403, body: { success: false, code: 'scripts_not_allowed' } };
const ROLE = { status: 403, body: { success: false, code: 'role_not_grantable' } };

/** Tenants other than `default` have programs only where they can be kept apart. */
(possibleModes.length > 0 ? describe : describe.skip)('The policy of a tenant', () => {
  let registry: NpmRegistrySimulator;
  let gateway: GatewayProcess;
  let installation: RestClient;
  let acme: RestClient;
  let packages: PackagesClient;

  const setPolicy = async (policy: object): Promise<void> => {
    expect((await installation.request('PUT', '/tenants/acme', { policy })).status).toBe(200);
  };
  const serverNames = async () =>
    (await acme.request<{ servers: { name: string }[] }>('GET', '/mcp/servers')).body.servers.map(({ name }) => name);
  const isConnected = (name: string) =>
    onEvery(gateway, `${name} is connected`, async () => (await acme.server(name)).body.server?.status === 'connected');
  const install = async (wanted: Installation): Promise<void> => {
    expect((await packages.install(wanted)).status).toBe(200);
    await isConnected(wanted.serverName);
  };
  const refusedInstall = async (wanted: Installation, refusal: object): Promise<void> => {
    expect(await packages.install(wanted)).toMatchObject(refusal);
    expect(await serverNames()).not.toContain(wanted.serverName);
    expect((await packages.get(wanted.serverName)).status).toBe(404);
  };
  const bring = (server: object, query = '') =>
    acme.request('POST', `/servers/import${query}`, { version: 1, servers: [server] });

  beforeAll(async () => {
    registry = await NpmRegistrySimulator.start();
    await registry.publish(mcpServer({ name: 'weather', version: '1.0.0' }));
    await registry.publish(mcpServer({ name: 'weather', version: '1.1.0' }));
    await registry.publish(serverWithPostinstall({ name: 'scripted', version: '1.0.0' }));
    gateway = await GatewayProcess.start({ env: { NPM_REGISTRY: registry.url, SERVER_SANDBOX: 'auto' } });
    installation = new RestClient(gateway.url);
    expect((await installation.request('POST', '/tenants', { id: 'acme' })).status).toBe(200);
    const boss = { name: 'boss', roles: ['admin', 'operator'] };
    const { body } = await installation.request<{ key: string }>('POST', '/tenants/acme/keys', boss);
    acme = new RestClient(gateway.url, { token: body.key });
    packages = new PackagesClient(acme);
  });
  afterEach(() => setPolicy({}));
  afterAll(async () => {
    await gateway?.dispose();
    await registry?.stop();
  });

  it(cites('policy.stdio', 'lets it register no command, by any route, unless it allows the command'), async () => {
    const { command, args } = echoServer();
    const echo = { name: 'echo', command, args };
    const refused = await acme.request('POST', '/mcp/servers', echo);
    expect(refused).toMatchObject(STDIO);
    expect(refused.body.error).toMatch(/TENANT_STDIO_SERVERS of the gateway; admins of the tenant "default" can/);
    expect(await bring(echo)).toMatchObject(STDIO);
    expect(await bring(echo, '?dryRun=true')).toMatchObject(STDIO);
    const remote = { name: 'echo', transportType: 'streamable_http', url: 'https://mcp.example.test', enabled: false };
    expect((await acme.request('POST', '/mcp/servers', remote)).status).toBe(200);
    const change = { transportType: 'stdio', command, args };
    expect(await acme.request('PUT', '/mcp/servers/echo', change)).toMatchObject(STDIO);

    await setPolicy({ stdio: [`${command} ${args[0]!}`] });
    expect((await acme.request('PUT', '/mcp/servers/echo', { ...change, enabled: true })).status).toBe(200);
    await isConnected('echo');
    expect(await acme.request('PUT', '/mcp/servers/echo', { args: ['-e', '0'] })).toMatchObject(STDIO);
    expect((await acme.remove('echo')).status).toBe(200);
  });

  it(cites('policy.packages', 'lets packages run their own programs, and nothing else'), async () => {
    await refusedInstall({ name: 'weather', serverName: 'shell', command: '/bin/sh', args: ['-c', 'id'] }, STDIO);
    await refusedInstall({ name: 'weather', serverName: 'shell', command: './node_modules/.bin/weather' }, STDIO);
    await refusedInstall({ name: 'weather', serverName: 'shell', env: { NODE_OPTIONS: '--import=x' } }, STDIO);
    registry.clearRequests();
    await refusedInstall({ name: 'weather', serverName: 'shell', command: '/bin/sh' }, STDIO);
    expect(registry.counts.total).toBe(0);
    await refusedInstall({ name: 'weather', serverName: 'shell', command: 'sh', args: ['-c', 'id'] }, STDIO);

    await install({ name: 'weather', version: '1.0.0', serverName: 'weather' });
    for (const change of [
      { command: '/bin/sh', args: ['-c', 'id'] },
      { args: ['-e', '0'] },
      { env: { NODE_OPTIONS: '--import=x' } },
    ])
      expect(await acme.request('PUT', '/mcp/servers/weather', change)).toMatchObject(STDIO);
    const own = await acme.request<{ servers: { args?: string[] }[] }>('GET', '/servers/export');
    const [definition] = own.body.servers;
    expect((await bring({ ...definition, args: ['--own'] })).status).toBe(200);
    await isConnected('weather');
    expect((await packages.upgrade('weather', '1.1.0')).status).toBe(200);
    expect((await acme.server('weather')).body.server).toMatchObject({ args: [expect.any(String), '--own'] });
    expect((await packages.remove('weather')).status).toBe(200);
  });

  it(
    cites('policy.changed', 'ends servers that it forbids from now on, and then lets nothing about them run'),
    async () => {
      await install({ name: 'weather', version: '1.0.0', serverName: 'weather' });
      await setPolicy({ stdio: 'none' });
      await onEvery(gateway, 'the state says why', async () =>
        /policy\.stdio of tenant acme/.test((await acme.server('weather')).body.server.lastError ?? ''),
      );
      await eventually('its process has ended', () => gateway.children().length === 0);
      registry.clearRequests();
      expect(await packages.upgrade('weather', '1.1.0')).toMatchObject(STDIO);
      expect(await acme.request('PUT', '/packages/weather/enable')).toMatchObject(STDIO);
      expect(await acme.request('PUT', '/mcp/servers/weather/enable')).toMatchObject(STDIO);
      await refusedInstall({ name: 'weather', serverName: 'second' }, STDIO);
      expect(registry.counts.total).toBe(0);
      const called = await acme.callTool({ serverName: 'weather', methodName: 'forecast', args: { city: 'Bern' } });
      expect(called.status).toBe(403);
      await setPolicy({});
      await isConnected('weather');
      expect((await packages.remove('weather')).status).toBe(200);
    },
  );

  it(cites('policy.scripts', 'lets listed packages alone run install scripts'), async () => {
    const scripted = { name: 'scripted', version: '1.0.0', serverName: 'scripted', allowScripts: true };
    const document = { name: 'scripted', package: { name: 'scripted', version: '1.0.0', allowScripts: true } };
    registry.clearRequests();
    await refusedInstall(scripted, SCRIPTS);
    expect(await bring(document)).toMatchObject(SCRIPTS);
    await setPolicy({ allowScripts: ['node:other', 'python:scripted'] });
    await refusedInstall(scripted, SCRIPTS);
    expect(registry.counts.total).toBe(0);
    await setPolicy({ allowScripts: ['node:scripted'] });
    await install(scripted);
    await setPolicy({ allowScripts: 'never' });
    expect(await packages.upgrade('scripted')).toMatchObject(SCRIPTS);
    expect((await packages.remove('scripted')).status).toBe(200);
    await setPolicy({ allowScripts: 'yes' });
    expect((await bring(document)).status).toBe(200);
    await isConnected('scripted');
    expect((await packages.remove('scripted')).status).toBe(200);
  });

  it(cites('policy.roles', 'lets its admin make nobody an operator, by any route'), async () => {
    const ops = { name: 'ops', roles: ['operator'] };
    for (const path of ['/auth/keys', '/tenants/acme/keys']) {
      const refused = await acme.request('POST', path, ops);
      expect(refused).toMatchObject(ROLE);
      expect(refused.body.error).toMatch(/TENANT_GRANTABLE_ROLES/);
    }
    expect((await acme.request('POST', '/auth/keys', { name: 'deputy', roles: ['admin'] })).status).toBe(200);
    await setPolicy({ grantableRoles: ['operator'] });
    expect((await acme.request('POST', '/auth/keys', ops)).status).toBe(200);
    expect(await acme.request('POST', '/auth/keys', { name: 'more', roles: ['admin'] })).toMatchObject(ROLE);
  });

  it(cites('policy.owner', 'is set by admins of the tenant "default" alone, and theirs by nobody'), async () => {
    for (const policy of [{ stdio: 'any' }, { grantableRoles: ['operator'] }])
      expect(await acme.request('PUT', '/tenants/acme', { policy })).toMatchObject({
        status: 403,
        body: { code: 'other_tenant' },
      });
    const policy = { stdio: ['node x.js'], allowScripts: 'never', grantableRoles: ['user'] };
    await setPolicy(policy);
    expect((await acme.request('GET', '/tenants/acme')).body).toMatchObject({ tenant: { policy } });
    const own = await installation.request('POST', '/tenants', { id: 'default', policy: { stdio: 'any' } });
    expect(own).toMatchObject({ status: 409, body: { code: 'default_tenant' } });
    expect(own.body.error).toMatch(/STDIO_SERVERS/);
  });

  it.each([
    [{ stdio: 'all' }, '/policy/stdio'],
    [{ stdio: [] }, '/policy/stdio'],
    [{ stdio: ['any'] }, '/policy/stdio'],
    [{ stdio: ['a,b'] }, '/policy/stdio'],
    [{ stdio: [{ $ne: '' }] }, '/policy/stdio'],
    [{ stdio: { $ne: '' } }, '/policy/stdio'],
    [{ stdio: null }, '/policy/stdio'],
    [{ allowScripts: true }, '/policy/allowScripts'],
    [{ allowScripts: ['lxml'] }, '/policy/allowScripts'],
    [{ grantableRoles: 'operator' }, '/policy/grantableRoles'],
    [{ grantableRoles: ['root'] }, '/policy/grantableRoles'],
    [{ commands: [] }, '/policy/commands'],
  ])(cites('policy.bad-input', 'is not %j'), async (policy, pointer) => {
    const { status, body } = await installation.request('PUT', '/tenants/acme', { policy });
    expect({ status, body }).toMatchObject({ status: 400, body: { errors: [expect.objectContaining({ pointer })] } });
  });
});
