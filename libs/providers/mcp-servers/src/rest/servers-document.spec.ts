import { ServerPolicy } from '@manifold/server-model';
import { parse } from 'yaml';
import { registration, TestGateway, textOf } from '../../testing/src/gateway.js';

const http = (name: string, headers: Record<string, string> = {}) => ({
  name,
  transportType: 'streamable_http',
  url: 'http://127.0.0.1:9/mcp',
  headers,
  enabled: false,
});

const off = (name: string, more: object = {}) => ({ ...registration(name), enabled: false, ...more });

/** References to the confidential values of these names. */
const reference = (server: string, field: string, ...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `\${input:${server}.${field}.${name}}`]));

describe('the servers of a tenant as a document', () => {
  let gateway: TestGateway;
  beforeEach(async () => (gateway = await TestGateway.start()));
  afterEach(() => gateway.destroy());

  const exported = async () => (await gateway.rest('GET', '/servers/export')).body;
  const bring = (document: unknown, query = '') => gateway.rest('POST', `/servers/import${query}`, document);
  const register = async (body: object) => expect((await gateway.rest('POST', '/mcp/servers', body)).status).toBe(200);

  it('has what operators decided, in a stable order, and neither secrets nor state', async () => {
    await register(off('zebra', { env: { B: '2', A: '1' }, displayName: 'Zebra' }));
    const reconnectionOptions = {
      maxReconnectionDelay: 500,
      initialReconnectionDelay: 100,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 1,
    };
    const headers = { 'x-team': 'blue', authorization: 'Bearer hunter2', 'X-Api-Key': 'hunter3' };
    await register({ ...http('ape', headers), sessionId: 'hunter4', reconnectionOptions });
    await gateway.rest('POST', '/secrets/set', { serverName: 'ape', secretName: 'T', secretValue: 'hunter5' });
    const document = await exported();
    expect(document).toEqual({
      version: 1,
      servers: [
        {
          ...http('ape', reference('ape', 'headers', 'X-Api-Key', 'authorization', 'x-team')),
          reconnectionOptions,
        },
        {
          ...off('zebra', { env: reference('zebra', 'env', 'A', 'B'), displayName: 'Zebra' }),
          transportType: 'stdio',
        },
      ],
    });
    expect(JSON.stringify(document)).not.toContain('hunter');
    expect(Object.keys(document.servers[0].headers)).toEqual(['X-Api-Key', 'authorization', 'x-team']);
    expect(Object.keys(document.servers[1].env)).toEqual(['A', 'B']);
  });

  it('names networks, and refuses those that the machine cannot enforce', async () => {
    const proxied = { network: 'proxy', allowedDomains: ['api.example', '*.example:8443'] };
    const document = { version: 1, servers: [off('hermit', { network: 'none' }), off('proxied', proxied)] };
    const policy = gateway.app.get(ServerPolicy, { strict: false });
    const refused = 'a network needs SERVER_SANDBOX';
    policy.isolation = { refusalFor: (_tenant, network) => network && refused };
    const errors = [0, 1].map((index) => expect.objectContaining({ pointer: `/servers/${index}`, detail: refused }));
    expect(await bring(document)).toMatchObject({ status: 403, body: { code: 'stdio_not_allowed', errors } });
    policy.isolation = undefined;
    await bring(document);
    expect((await exported()).servers).toMatchObject(document.servers);
    const shown = async (name: string) => (await gateway.rest('GET', `/mcp/servers/${name}`)).body.server as object;
    expect(await shown('proxied')).toMatchObject(proxied);
    await gateway.rest('PUT', '/mcp/servers/proxied', { network: 'open' });
    expect(await shown('proxied')).toMatchObject({ network: 'open' });
    expect(await shown('proxied')).not.toHaveProperty('allowedDomains');
  });

  it.each([
    ['application/yaml', true],
    ['text/html, application/yaml;q=0.5', true],
    ['APPLICATION/YAML', true],
    ['application/json', false],
    ['*/*', false],
    ['application/yaml;q=0', false],
    ['application/yaml;q=0.000, */*', false],
  ])('for %s is YAML: %s', async (accept, isYaml) => {
    await register(off('one', { description: 'a: "b"\n- c' }));
    const response = await gateway.fetch('/servers/export', { headers: { accept } });
    expect(response.headers.get('content-type')).toMatch(isYaml ? /^application\/yaml/ : /^application\/json/);
    expect(response.headers.get('vary')).toContain('Accept');
    const text = await response.text();
    expect(isYaml ? parse(text) : JSON.parse(text)).toEqual(await exported());
  });

  it('changes nothing and restarts nobody when it is imported as it was exported', async () => {
    await register({ ...registration('runs'), displayName: 'Runs', env: { B: '2', A: '1' } });
    await register(http('remote', { Authorization: 'Bearer hunter2', 'x-team': 'blue' }));
    const pid = textOf(await gateway.call('runs_pid'));
    const before = (await gateway.rest('GET', '/mcp/servers/runs')).body.server;
    const unchanged = [
      { name: 'remote', action: 'unchanged' },
      { name: 'runs', action: 'unchanged' },
    ];
    const document = await exported();
    expect(await bring(document)).toEqual({ status: 200, body: { success: true, results: unchanged } });
    const yaml = await (await gateway.fetch('/servers/export', { headers: { accept: 'application/yaml' } })).text();
    const body = { method: 'POST', headers: { 'content-type': 'application/yaml; charset=utf-8' }, body: yaml };
    expect(await (await gateway.fetch('/servers/import?prune=true', body)).json()).toEqual({
      success: true,
      results: unchanged,
    });
    expect(textOf(await gateway.call('runs_pid'))).toBe(pid);
    expect((await gateway.rest('GET', '/mcp/servers/runs')).body.server.updatedAt).toBe(before.updatedAt);
    expect(await exported()).toEqual(document);
  });

  it('makes the same servers in another gateway when its references are filled in', async () => {
    await register({ ...registration('runs'), env: { A: 'canary-1' } });
    await register({ ...http('remote', { 'x-team': 'canary-2' }), url: 'http://127.0.0.1:9/mcp?api_key=canary-3' });
    const document = await exported();
    expect(JSON.stringify(document)).not.toContain('canary');
    expect(document.servers[0].url).toBe('http://127.0.0.1:9/mcp?api_key=${input:remote.url.api_key}');
    const other = await TestGateway.start();
    const refused = await other.rest('POST', '/servers/import', document);
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual([
      '/servers/0/url',
      '/servers/0/headers/x-team',
      '/servers/1/env/A',
    ]);
    const filled = JSON.stringify(document)
      .replace('${input:remote.url.api_key}', 'canary-3')
      .replace('${input:remote.headers.x-team}', 'canary-2')
      .replace('${input:runs.env.A}', 'canary-1');
    const { body } = await other.rest('POST', '/servers/import', JSON.parse(filled));
    expect(body.results).toEqual([
      { name: 'remote', action: 'created' },
      { name: 'runs', action: 'created' },
    ]);
    expect((await other.rest('GET', '/servers/export')).body).toEqual(document);
    expect(textOf(await other.call('runs_pid'))).toMatch(/^\d+$/);
    await other.destroy();
  });
});
