import { createHash } from 'node:crypto';
import { registration, TestGateway, textOf } from '../../testing/src/gateway.js';

const URL = 'http://127.0.0.1:9/mcp';
const remote = (name: string, more: object = {}) => ({ name, url: URL, enabled: false, ...more });

describe('the routes of servers, with what clients of other gateways and MCP clients send', () => {
  let gateway: TestGateway;
  beforeAll(async () => (gateway = await TestGateway.start({ environment: { MY_TOKEN: 'canary-of-the-gateway' } })));
  afterAll(() => gateway.destroy());

  const register = (body: object) => gateway.rest('POST', '/mcp/servers', body);
  const read = async (name: string) => (await gateway.rest('GET', `/mcp/servers/${name}`)).body.server;
  const exported = async (name: string) =>
    (await gateway.rest('GET', '/servers/export')).body.servers.find(
      (server: { name: string }) => server.name === name,
    );

  it('ignore unknown fields, and name them', async () => {
    const more = { tenant: 'other', repositoryUrl: 'https://a.example', limits: { memoryMb: 512 } };
    const { status, body } = await register(remote('unknown', more));
    expect([status, body.warnings]).toEqual([
      200,
      ['"tenant" is not a known field and was ignored', '"repositoryUrl" is not a known field and was ignored'],
    ]);
    expect(body.server).toMatchObject({ name: 'unknown', limits: { memoryMb: 512 } });
    const changed = await gateway.rest('PUT', '/mcp/servers/unknown', { licenseName: 'MIT' });
    expect([changed.status, changed.body.warnings]).toEqual([
      200,
      ['"licenseName" is not a known field and was ignored'],
    ]);
    expect((await gateway.rest('PUT', '/mcp/servers/unknown', {})).body).not.toHaveProperty('warnings');
  });

  it('take a server back as GET has answered it, with one field changed', async () => {
    await register({
      ...registration('round', '--also=variable'),
      env: { A: 'value-of-a' },
      access: { groups: ['sales'] },
      limits: { memoryMb: 900 },
      homepageUrl: 'https://round.example/',
    });
    await register(remote('round-http', { headers: { Authorization: 'Bearer abc' }, sessionId: 'session-1' }));
    for (const name of ['round', 'round-http']) {
      const before = await exported(name);
      const server = await read(name);
      const { status, body } = await gateway.rest('PUT', `/mcp/servers/${name}`, { ...server, description: 'new' });
      expect([status, body.warnings]).toEqual([200, undefined]);
      expect(await exported(name)).toMatchObject({ ...before, description: 'new' });
    }
    gateway.join('sam', 'sales');
    expect(textOf(await gateway.call('round_variable', { name: 'A' }, { user: 'sam' }))).toBe(
      createHash('sha256').update('value-of-a').digest('hex'),
    );
  });

  it('warn of a new name, which they do not take', async () => {
    await register(remote('stays'));
    const { body } = await gateway.rest('PUT', '/mcp/servers/stays', { name: 'goes', status: 'running' });
    expect(body.warnings).toEqual([
      'status cannot be set and was ignored',
      'name was ignored: server stays cannot be renamed',
    ]);
    expect(body.server.name).toBe('stays');
  });

  it.each([
    [{ url: URL }, 'streamable_http'],
    [{ url: URL, type: 'http' }, 'streamable_http'],
    [{ url: URL, type: 'sse' }, 'streamable_http'],
    [{ command: 'node' }, 'stdio'],
    [{ command: 'node', url: URL }, 'stdio'],
    [{ command: 'node', url: URL, type: 'streamable-http' }, 'streamable_http'],
    [{ command: 'node', type: 'stdio', transportType: 'stdio' }, 'stdio'],
  ])('see from %j that the transport is %s', async (settings, transportType) => {
    const { body } = await register({ name: 'inferred', ...settings, disabled: true });
    await gateway.rest('DELETE', '/mcp/servers/inferred');
    expect(body.server).toMatchObject({ transportType, enabled: false });
  });

  it.each([
    ['/type', { url: URL, type: 'http', transportType: 'stdio' }],
    ['/disabled', { command: 'node', disabled: true, enabled: true }],
    ['/url', { type: 'http', command: 'node' }],
    ['/url', { url: `${URL}?key=\${input:key}` }],
    ['/args/1', { command: 'node', args: ['a', '--key=${env:KEY}'] }],
    ['/command', { command: '${env:SHELL}' }],
    ['/headers/X-A', { url: URL, headers: { 'X-A': '{other} ${env:KEY}' } }],
    ['/secretsAs', { url: URL, headers: { 'X-A': '${env:KEY}' }, secretsAs: 'arguments' }],
  ])('refuse %s of settings that contradict each other: %j', async (pointer, settings) => {
    const { status, body } = await register({ name: 'contradiction', ...settings });
    expect([status, body.errors?.map((fault: { pointer: string }) => fault.pointer)]).toEqual([400, [pointer]]);
  });

  it('make a secret of each user of a variable, and never read the environment of the gateway', async () => {
    const headers = { Authorization: 'Bearer ${env:MY_TOKEN}', 'X-Team': 'blue', 'X-Id': '${input:my id}' };
    const { body } = await register({ ...remote('refers'), type: 'http', headers });
    expect(body.warnings).toEqual([
      expect.stringMatching(/^each user must set these secrets with POST \/secrets\/set: MY_TOKEN, my_id_[0-9a-f]{8}$/),
    ]);
    expect(body.server).toMatchObject({
      headers: { 'X-Team': '[hidden]' },
      secretsAs: 'headers',
      secretHeaders: { Authorization: 'Bearer {MY_TOKEN}' },
    });
    expect(JSON.stringify(await exported('refers'))).not.toContain('canary-of-the-gateway');
    const user = (await gateway.rest('GET', '/mcp/user/servers/refers', undefined, 'alice')).body.server;
    expect(user.secretNames[0]).toBe('MY_TOKEN');
  });

  it('understand serverUrl, and references to variables as clients write them', async () => {
    const headers = { 'X-A': '${KEY_A}', 'X-B': 'Bearer ${env:KEY_B}', 'X-C': '{env:KEY_C}', 'X-D': '${KEY_D:-blue}' };
    const given = { name: 'server-url', serverUrl: URL, enabled: false, headers };
    const { status, body } = await register(given);
    expect([status, body.warnings]).toEqual([
      200,
      ['each user must set these secrets with POST /secrets/set: KEY_A, KEY_B, KEY_C'],
    ]);
    expect(body.server).toMatchObject({ transportType: 'streamable_http', url: URL, secretsAs: 'headers' });
    const { secretHeaders, headers: fixed } = await read('server-url');
    expect(secretHeaders).toEqual({ 'X-A': '{KEY_A}', 'X-B': 'Bearer {KEY_B}', 'X-C': '{KEY_C}' });
    expect(Object.keys(fixed)).toEqual(['X-D']);
    await gateway.rest('POST', '/servers/import', { mcpServers: { imported: { ...given, name: undefined } } });
    expect((await read('imported')).secretHeaders).toEqual(secretHeaders);
    const other = { name: 'server-url-2', url: URL, serverUrl: 'http://127.0.0.1:1/', enabled: false };
    expect((await register(other)).body.server.url).toBe(URL);
  });

  it('leave ${NAME} in arguments to the program', async () => {
    const args = ['-c', 'echo ${HOME}'];
    const { status, body } = await register({ name: 'shell', command: 'sh', args, enabled: false });
    expect([status, body.server.args]).toEqual([200, args]);
  });

  it('give a process of its own to each user, with the variables that the user has set', async () => {
    const { body } = await register({ ...registration('own-env'), env: { MY_TOKEN: '${env:MY_TOKEN}', B: 'b' } });
    expect(body.server).toMatchObject({ secretsAs: 'environment', isolation: 'user', secretNames: ['MY_TOKEN'] });
    expect(Object.keys(body.server.env)).toEqual(['B']);
  });

  it('understand names of secrets that begin with the server, and warn of what the server will not get', async () => {
    await register(remote('secretive', { secretName: 'TOKEN' }));
    const set = (secretName: string, more: object = {}) =>
      gateway.rest('POST', '/secrets/set', { serverName: 'secretive', secretName, secretValue: 'x', ...more }, 'bob');
    expect((await set('secretive.TOKEN')).body).toEqual({ success: true });
    expect((await set('OTHER', { ttl: 5 })).body).toEqual({
      success: true,
      warnings: [
        '"ttl" is not a known field and was ignored',
        'Server secretive will not get the secret OTHER: it gets TOKEN',
      ],
    });
    const names = async (): Promise<string[]> =>
      (
        await gateway.rest('GET', '/mcp/user/servers/secretive', undefined, 'bob')
      ).body.server.configuredSecretNames.sort();
    expect(await names()).toEqual(['OTHER', 'TOKEN']);
    const remove = (secretName: string) =>
      gateway.rest('POST', '/secrets/delete', { serverName: 'secretive', secretName }, 'bob');
    expect((await remove('secretive.TOKEN')).status).toBe(200);
    expect(await names()).toEqual(['OTHER']);
    expect((await remove('secretive.TOKEN')).status).toBe(404);
    const several = {
      secrets: [
        { name: 'secretive.TOKEN', value: 'y' },
        { name: 'MORE', value: 'z' },
      ],
    };
    expect((await gateway.rest('POST', '/mcp/user/servers/secretive/secrets', several, 'bob')).body).toEqual({
      success: true,
      warnings: ['Server secretive will not get the secret MORE: it gets TOKEN'],
    });
    expect(await names()).toEqual(['MORE', 'OTHER', 'TOKEN']);
  });

  it('say that a server is not there in the words of the document', async () => {
    const errorOf = async (method: string, path: string, body?: object) =>
      (await gateway.rest(method, `/mcp/servers/${path}`, body)).body.error;
    expect(await errorOf('GET', 'none')).toBe('Server none not found');
    expect(await errorOf('PUT', 'none/enable')).toBe('Server none not found');
    expect(await errorOf('PUT', 'none/disable')).toBe('Server none not found');
    expect(await errorOf('PUT', 'none', {})).toBe('Server with name none not found');
    expect(await errorOf('DELETE', 'none')).toBe('Server with name none not found');
    await register(remote('there'));
    expect((await register(remote('there'))).body.error).toBe('Server with name there already exists');
  });
});
