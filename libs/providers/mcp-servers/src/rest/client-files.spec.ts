import { ApiKeyService } from '@manifold/auth';
import { Tenants } from '@manifold/tenants';
import { registration, TestGateway } from '../../testing/src/gateway.js';

const URL = 'http://127.0.0.1:9/mcp';
const REMOTE = { type: 'http', url: URL, disabled: true };

describe("an MCP client's configuration file that is imported", () => {
  let gateway: TestGateway;
  beforeAll(async () => (gateway = await TestGateway.start({ environment: { MY_TOKEN: 'canary-of-the-gateway' } })));
  afterAll(() => gateway.destroy());
  afterEach(() => bring({ mcpServers: {} }, '?prune=true'));

  const bring = (file: unknown, query = '') => gateway.rest('POST', `/servers/import${query}`, file);
  const read = async (name: string) => (await gateway.rest('GET', `/mcp/servers/${name}`)).body.server;
  const names = async () =>
    (await gateway.rest('GET', '/mcp/servers')).body.servers.map(({ name }: { name: string }) => name);

  it('of a desktop client is taken as it is', async () => {
    const { command, args } = registration('x');
    const filesystem = { command, args, env: { A: 'b' }, autoApprove: ['x'], disabled: true };
    const { status, body } = await bring({ mcpServers: { filesystem }, preferences: { sidebar: 'task' } });
    expect([status, body]).toEqual([
      200,
      {
        success: true,
        results: [
          {
            name: 'filesystem',
            action: 'created',
            warnings: ['"autoApprove" is not a known field and was ignored'],
          },
        ],
        warnings: ['"preferences" is not about servers and was ignored'],
      },
    ]);
    expect(await read('filesystem')).toMatchObject({ transportType: 'stdio', command, args, enabled: false });
  });

  it('of VS Code asks for its inputs and variables as secrets, and reads none of the gateway', async () => {
    const file = {
      inputs: [{ type: 'promptString', id: 'api-key', description: 'Key of the API', password: true }],
      servers: {
        backend: { ...REMOTE, headers: { Authorization: 'Bearer ${input:api-key}', 'X-User': '${env:MY_TOKEN}' } },
        local: { type: 'stdio', command: 'node', env: { API_KEY: '${input:api-key}' }, disabled: true },
      },
    };
    const { body } = await bring(file);
    expect(body.results).toEqual([
      {
        name: 'backend',
        action: 'created',
        secrets: [{ name: 'api-key', description: 'Key of the API' }, { name: 'MY_TOKEN' }],
      },
      { name: 'local', action: 'created', secrets: [{ name: 'API_KEY', description: 'Key of the API' }] },
    ]);
    expect(await read('backend')).toMatchObject({
      transportType: 'streamable_http',
      headers: {},
      secretHeaders: { Authorization: 'Bearer {api-key}', 'X-User': '{MY_TOKEN}' },
    });
    expect(await read('local')).toMatchObject({ env: {}, secretsAs: 'environment', secretNames: ['API_KEY'] });
    const { body: exported } = await gateway.rest('GET', '/servers/export');
    expect(JSON.stringify(exported)).not.toContain('canary-of-the-gateway');
    expect((await bring(file)).body.results.map(({ action }: { action: string }) => action)).toEqual([
      'unchanged',
      'unchanged',
    ]);
  });

  it.each<[string, object]>([
    ['settings.json of VS Code', { mcp: { servers: { one: REMOTE } } }],
    ['Codex as JSON', { mcp_servers: { one: { url: URL, enabled: false, startup_timeout_sec: 20 } } }],
    [
      'Zed',
      { context_servers: { one: { source: 'custom', command: { path: 'node', args: ['-e', '0'] }, enabled: false } } },
    ],
    ['OpenCode', { mcp: { one: { type: 'local', command: ['node', '-e', '0'], enabled: false } } }],
    ['Windsurf', { mcpServers: { one: { serverUrl: URL, disabled: true } } }],
    ['Gemini CLI', { mcpServers: { one: { httpUrl: URL, timeout: 5, trust: true, disabled: true } } }],
    ['Cline', { mcpServers: { one: { type: 'streamableHttp', url: URL, autoApprove: [], disabled: true } } }],
    ['Cline before', { mcpServers: { one: { transportType: 'SSE', url: URL, disabled: true } } }],
    ['Roo Code', { mcpServers: { one: { type: 'streamable-http', url: URL, alwaysAllow: [], disabled: true } } }],
    ['Continue', { name: 'x', version: '0.0.1', mcpServers: [{ name: 'one', command: 'node', disabled: true }] }],
    ['null members', { mcpServers: { one: { command: 'node', args: null, env: null, disabled: true } } }],
  ])('has the servers of %s', async (_client, file) => {
    const { status, body } = await bring(file);
    expect([status, body.results]).toEqual([200, [expect.objectContaining({ name: 'one', action: 'created' })]]);
  });

  it('of an editor may have comments and trailing commas', async () => {
    const body = `{ // servers
      "servers": { /* mine */ "one": { "type": "http", "url": "${URL}", "disabled": true, }, },
    }`;
    const send = async (path: string) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      return (await gateway.fetch(path, init)).json();
    };
    expect((await send('/servers/import')).results).toEqual([{ name: 'one', action: 'created' }]);
    expect(await send('/mcp/servers')).toMatchObject({ code: 'invalid_json' });
  });

  const bringToml = async (text: string, type = 'application/toml') => {
    const headers = { 'content-type': type };
    const response = await gateway.fetch('/servers/import', { method: 'POST', headers, body: text });
    return { status: response.status, body: await response.json() };
  };

  it('of Codex may be TOML', async () => {
    const text = `
model = "x" # not a server
[mcp_servers.one]
url = "${URL}"
enabled = false
startup_timeout_sec = 20
[mcp_servers."one.two"]
command = "node"
args = ["-e", "0"]
enabled = false
[mcp_servers."one.two".env]
SINCE = "today"
`;
    const { status, body } = await bringToml(text);
    expect([status, body.results.map(({ action }: { action: string }) => action)]).toEqual([
      200,
      ['created', 'created'],
    ]);
    expect(await read('one')).toMatchObject({ url: URL, startupTimeout: 20_000 });
  });

  it.each([
    ['a value that is cut off', '[mcp_servers.one]\nurl = "secret', /^The body is not valid TOML: line 2: /],
    ['a name given twice', 'a = 1\na = 2', /line 2: /],
    ['endless nesting', `a = ${'['.repeat(50_000)}`, /not valid TOML/],
    ['a long path of names', `a${'.a'.repeat(50_000)} = 1`, /deeper than 64 levels/],
    ['too many members', 'a=[' + '1,'.repeat(20_001) + ']', /more than 20000 members/],
    ['the name __proto__', '[mcp_servers.__proto__]\nurl = "x"', /not valid TOML/],
    ['the name constructor', 'constructor = 1', /not valid TOML/],
  ])('of Codex is refused with %s', async (_what, text, reason) => {
    const { status, body } = await bringToml(text);
    expect([status, body.code]).toEqual([400, 'invalid_toml']);
    expect(body.error).toMatch(reason);
    expect(body.error).not.toContain('secret');
  });

  it.each(['text/toml', 'application/x-toml'])('of Codex may be %s', async (type) => {
    const { status, body } = await bringToml(`[mcp_servers.one]\nurl = "${URL}"\nenabled = false\n`, type);
    expect([status, body.results.length]).toEqual([200, 1]);
  });

  it('of Codex names variables with credentials', async () => {
    const one = { url: URL, enabled: false, bearer_token_env_var: 'MY_TOKEN', env_http_headers: { 'X-Team': 'TEAM' } };
    const two = { command: 'node', enabled: false, env_vars: ['MY_TOKEN'], tool_timeout_sec: 90 };
    const { body } = await bring({ mcp_servers: { one, two } });
    expect(body.results).toEqual([
      { name: 'one', action: 'created', secrets: [{ name: 'MY_TOKEN' }, { name: 'TEAM' }] },
      { name: 'two', action: 'created', secrets: [{ name: 'MY_TOKEN' }] },
    ]);
    expect((await read('one')).secretHeaders).toEqual({ Authorization: 'Bearer {MY_TOKEN}', 'X-Team': '{TEAM}' });
    expect((await read('two')).callTimeout).toBe(90_000);
  });

  it('may have the variables of other clients: with defaults, and in the environment of the program', async () => {
    const { body } = await bring({
      mcpServers: {
        claude: { ...REMOTE, url: '${BASE:-http://127.0.0.1:9}/mcp', headers: { 'X-Key': '${API_KEY}' } },
        opencode: { ...REMOTE, headers: { 'X-Key': '{env:API_KEY}' } },
        remote: {
          command: 'npx',
          args: ['mcp-remote', '--header', 'Authorization:${AUTH}'],
          env: { AUTH: 'Bearer x' },
          disabled: true,
        },
        header: { command: 'npx', args: ['--team=${TEAM}'], env: { TEAM: 'blue' }, disabled: true },
        folder: { command: 'npx', args: ['server-filesystem', '${workspaceFolder}/docs'], disabled: true },
      },
    });
    expect(
      body.results.map(({ action, secrets }: { action: string; secrets?: object[] }) => [action, secrets]),
    ).toEqual([
      ['created', [{ name: 'API_KEY' }]],
      ['created', [{ name: 'API_KEY' }]],
      ['created', undefined],
      ['created', undefined],
      ['created', undefined],
    ]);
    expect((await read('header')).args).toEqual(['--team=${TEAM}']);
    expect((await read('claude')).url).toBe('http://127.0.0.1:9/mcp');
    expect((await read('folder')).args[1]).toBe('./docs');
  });

  it.each<[object, { command: string; args: string[] }]>([
    [
      { command: 'cmd', args: ['/c', 'npx', '-y', 'x'] },
      { command: 'npx', args: ['-y', 'x'] },
    ],
    [
      { command: 'CMD.exe', args: ['/C', 'C:\\nodejs\\npx.cmd', 'x'] },
      { command: 'npx', args: ['x'] },
    ],
    [{ command: ['cmd', '/c', 'npx', 'x'] }, { command: 'npx', args: ['x'] }],
    [
      { command: 'C:\\Program Files\\nodejs\\npx.cmd', args: ['x'] },
      { command: 'npx', args: ['x'] },
    ],
    [{ command: 'C:/Python/python.EXE' }, { command: 'python', args: [] }],
    [
      { command: 'uvx.exe', args: ['x'] },
      { command: 'uvx', args: ['x'] },
    ],
    [
      { command: '/opt/game.exe', args: ['/c'] },
      { command: '/opt/game.exe', args: ['/c'] },
    ],
    [
      { command: 'cmd', args: ['/k', 'npx'] },
      { command: 'cmd', args: ['/k', 'npx'] },
    ],
    [
      { command: 'cmd', args: ['/c'] },
      { command: 'cmd', args: ['/c'] },
    ],
    [
      { command: 'cmdline', args: ['/c', 'npx'] },
      { command: 'cmdline', args: ['/c', 'npx'] },
    ],
  ])('of Windows has its program by the name that it has everywhere: %j', async (entry, program) => {
    await bring({ mcpServers: { one: { ...entry, disabled: true } } });
    const { command, args } = await read('one');
    expect({ command, args: args ?? [] }).toEqual(program);
  });

  it('may have $NAME and %NAME% as a whole value, but not in one', async () => {
    const { body } = await bring({
      mcpServers: {
        gemini: { command: 'node', env: { KEY: '$MY_TOKEN', PRICE: '5$US', RATE: '%5' }, disabled: true },
        windows: { ...REMOTE, headers: { 'X-Key': '%MY_TOKEN%', Authorization: 'Bearer $OTHER', 'X-All': '$' } },
      },
    });
    expect(body.results.map(({ secrets }: { secrets?: object[] }) => secrets)).toEqual([
      [{ name: 'KEY' }],
      [{ name: 'MY_TOKEN' }, { name: 'OTHER' }],
    ]);
    expect(Object.keys((await read('gemini')).env)).toEqual(['PRICE', 'RATE']);
    expect(await read('windows')).toMatchObject({
      headers: { 'X-All': '[hidden]' },
      secretHeaders: { 'X-Key': '{MY_TOKEN}', Authorization: 'Bearer {OTHER}' },
    });
  });

  it('may have numbers, booleans and null where programs get texts', async () => {
    const env = { PORT: 3000, VERBOSE: true, NONE: null };
    const one = { command: 'node', args: ['--port', 3000, null, false], env, disabled: true };
    const { body } = await bring({ mcpServers: { one, two: { ...REMOTE, headers: { 'X-A': 1, 'X-B': null } } } });
    expect(body.results.map(({ action }: { action: string }) => action)).toEqual(['created', 'created']);
    expect((await read('one')).args).toEqual(['--port', '3000', 'false']);
    expect(Object.keys((await read('one')).env)).toEqual(['PORT', 'VERBOSE']);
    expect(Object.keys((await read('two')).headers)).toEqual(['X-A']);
  });

  it("may have the names of a client's folder and of its separator", async () => {
    const args = ['${workspaceFolder}${pathSeparator}docs${/}a', '--project=${workspaceFolderBasename}'];
    const { body } = await bring({ mcpServers: { 'a b': { command: 'node', args, disabled: true } } });
    expect(body.results).toEqual([{ name: 'a-b', givenName: 'a b', action: 'created' }]);
    expect((await read('a-b')).args).toEqual(['./docs/a', '--project=a-b']);
  });

  it('may have its inputs beside its servers in settings.json', async () => {
    const inputs = [{ type: 'promptString', id: 'key', description: 'Key of the API' }];
    const servers = { one: { ...REMOTE, headers: { 'X-Key': '${input:key}' } } };
    const { body } = await bring({ mcp: { inputs, servers } });
    expect(body.results[0].secrets).toEqual([{ name: 'key', description: 'Key of the API' }]);
  });

  it('may have servers with any name, and two of them never become one', async () => {
    const file = {
      mcpServers: { 'a b': REMOTE, 'a-b': REMOTE, 'a/b': REMOTE, Büro: REMOTE, 日本: REMOTE, __proto: REMOTE },
    };
    const { body } = await bring(file);
    const results = body.results as { name: string; givenName?: string; action: string }[];
    expect(results.map(({ action }) => action)).toEqual(Array.from({ length: 6 }, () => 'created'));
    expect(results.map(({ name, givenName = name }) => [givenName, name])).toEqual([
      ['a b', expect.stringMatching(/^a-b-[0-9a-f]{6}$/)],
      ['a-b', 'a-b'],
      ['a/b', expect.stringMatching(/^a-b-[0-9a-f]{6}$/)],
      ['Büro', 'Buro'],
      ['日本', expect.stringMatching(/^server-[0-9a-f]{6}$/)],
      ['__proto', 'proto'],
    ]);
    expect((await read(results[0]!.name)).displayName).toBe('a b');
    expect((await bring(file)).body.results.map(({ action }: { action: string }) => action)).toEqual(
      Array.from({ length: 6 }, () => 'unchanged'),
    );
    const other = await bring({
      mcpServers: { 'Bu ro': REMOTE, 'a b': REMOTE, Buro: { ...REMOTE, description: 'x' } },
    });
    expect(other.body.results.map(({ action }: { action: string }) => action)).toEqual([
      'created',
      'failed',
      'updated',
    ]);
  });

  it('has a reason for each entry that cannot be used, and imports the others', async () => {
    const { status, body } = await bring({
      mcpServers: {
        good: REMOTE,
        none: null,
        nothing: {},
        socket: { type: 'ws', url: 'wss://a.example' },
        object: { command: 'node', env: { PORT: {} } },
        key: { url: `${URL}?key=\${input:key}` },
        arg: { command: 'node', args: ['--key', '${env:MY_TOKEN}'] },
        open: { ...REMOTE, access: { group: ['sales'] } },
      },
    });
    expect(status).toBe(200);
    expect(body.results.map(({ name, error }: { name: string; error?: string }) => [name, error])).toEqual([
      ['good', undefined],
      ['none', 'The entry must be an object'],
      ['nothing', 'command is needed for a server of transportType stdio'],
      ['socket', expect.stringMatching(/type must be one of/)],
      ['object', 'env must contain strings, but PORT is not a string'],
      ['key', expect.stringMatching(/^url refers to "\$\{input:key\}", which cannot be a user's secret there/)],
      ['arg', expect.stringMatching(/^args\/1 refers to "\$\{env:MY_TOKEN\}"/)],
      ['open', expect.stringMatching(/^"group" is not a known field/)],
    ]);
    expect(await names()).toEqual(['good']);
  });

  it('changes nothing in a dry run, and deletes what it does not name if it is told to', async () => {
    await bring({ mcpServers: { kept: REMOTE, gone: REMOTE, broken: REMOTE } });
    const file = { mcpServers: { kept: REMOTE, fresh: REMOTE, broken: { type: 'ws' } } };
    const actions = ['unchanged', 'created', 'failed', 'deleted'];
    const tried = await bring(file, '?dryRun=true&prune=true');
    expect(tried.body.results.map(({ action }: { action: string }) => action)).toEqual(actions);
    expect(await names()).toEqual(['broken', 'gone', 'kept']);
    const done = await bring(file, '?prune=true');
    expect(done.body.results.map(({ action }: { action: string }) => action)).toEqual(actions);
    expect(await names()).toEqual(['broken', 'fresh', 'kept']);
  });

  it('keeps the access rules and other settings that it cannot express', async () => {
    await bring({ mcpServers: { ruled: REMOTE } });
    const access = { groups: ['sales'] };
    await gateway.rest('PUT', '/mcp/servers/ruled', { access, callTimeout: 5_000 });
    const { body } = await bring({ mcpServers: { ruled: { ...REMOTE, description: 'new' } } });
    expect(body.results).toEqual([{ name: 'ruled', action: 'updated' }]);
    expect(await read('ruled')).toMatchObject({ access, callTimeout: 5_000, description: 'new' });
  });

  it('obeys the policy of the tenant as a document does', async () => {
    gateway.app.get(Tenants, { strict: false }).put('acme', { enabled: true, createdAt: '', updatedAt: '' });
    const { key } = await gateway.app
      .get(ApiKeyService, { strict: false })
      .create({ tenant: 'acme', name: 'boss', roles: ['operator'], createdBy: 'spec' });
    const send = async (file: object) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(file) };
      const response = await fetch(`${await gateway.app.getUrl()}/servers/import`, init);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const refused = await send({ mcpServers: { own: REMOTE, 'a/b': { command: 'node' } } });
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'stdio_not_allowed', errors: [{ pointer: '/mcpServers/a~1b' }] },
    });
    expect((await send({ mcpServers: { own: REMOTE } })).body.results).toEqual([{ name: 'own', action: 'created' }]);
    expect(await names()).toEqual([]);
  });

  it('is bounded as every body is, and keeps prototypes as they are (threat 18)', async () => {
    const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`s${n}`, REMOTE]));
    expect((await bring({ mcpServers: many })).status).toBe(400);
    const wide = Object.fromEntries(Array.from({ length: 2_001 }, (_, n) => [`A${n}`, 'x']));
    const { results } = (await bring({ mcpServers: { wide: { command: 'node', env: wide } } })).body;
    expect(results).toEqual([expect.objectContaining({ name: 'wide', action: 'failed' })]);
    const polluting = '{"mcpServers":{"x":{"command":"node","env":{"__proto__":{"a":1}}}}}';
    const json = { 'content-type': 'application/json' };
    const refused = await gateway.fetch('/servers/import', { method: 'POST', headers: json, body: polluting });
    expect(refused.status).toBe(400);
    const odd = { mcpServers: { constructor: { ...REMOTE, constructor: 1, toString: 2, hasOwnProperty: 3 } } };
    expect((await bring(odd)).body.results).toEqual([expect.objectContaining({ name: 'constructor' })]);
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });
});
