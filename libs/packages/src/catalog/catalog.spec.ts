import { McpRegistrySimulator } from '../../../../test/simulators/mcp-registry/index.js';
import { CatalogApp } from '../../testing/src/catalog-app.js';
import { BUNDLED_SERVERS } from './bundled/bundled-servers.js';

const namesOf = (body: { servers: { name: string }[] }): string[] => body.servers.map(({ name }) => name);

describe('the catalogue without a registry', () => {
  let gateway: CatalogApp;
  beforeAll(async () => (gateway = await CatalogApp.start()));
  afterAll(() => gateway.destroy());

  it.each([
    ['github', 'github'],
    ['work items', 'azure-devops'],
    ['GITLAB', 'gitlab'],
    ['remember people in a knowledge graph', 'memory'],
    ['postgres', 'prisma-postgres'],
    ['time zone', 'time'],
    ['playwrigth', 'playwright'],
    ['kube', 'kubernetes'],
    ['chat with slack', 'slack'],
  ])('finds for "%s" first %s', async (query, name) => {
    const { status, body } = await gateway.search(`?query=${encodeURIComponent(query)}`);
    expect([status, namesOf(body)[0]]).toEqual([200, name]);
    expect(body.warnings).toBeUndefined();
  });

  it('gives all servers page by page, each once', async () => {
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const { body } = await gateway.search(`?limit=13${cursor && `&cursor=${cursor}`}`);
      expect(body.servers.length).toBeLessThanOrEqual(13);
      seen.push(...namesOf(body));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(BUNDLED_SERVERS.map(({ name }) => name));
  });

  it('shows 20 servers unless told, with what they need and how to install them', async () => {
    const { body } = await gateway.search();
    expect(body.servers).toHaveLength(20);
    expect(body.success).toBe(true);
    expect(body.servers.find(({ name }) => name === 'brave-search')).toMatchObject({
      source: 'bundled',
      runtime: 'npm',
      needs: { secrets: [{ name: 'BRAVE_API_KEY' }] },
      install: {
        method: 'POST',
        path: '/packages/install',
        body: { secretsAs: 'environment', isolation: 'user', secretNames: ['BRAVE_API_KEY'] },
      },
    });
  });

  it('finds nothing for words that nobody uses, and everything for blanks', async () => {
    expect((await gateway.search('?query=qqqqzzzzxxxx')).body).toEqual({ success: true, servers: [] });
    expect((await gateway.search('?query=%20%20&limit=100')).body.servers).toHaveLength(BUNDLED_SERVERS.length);
  });

  it.each([
    ['?limit=0', '/limit'],
    ['?limit=101', '/limit'],
    ['?limit=1.5', '/limit'],
    ['?limit=-1', '/limit'],
    ['?limit=10&limit=20', '/limit'],
    ['?query[$ne]=x', '/query[$ne]'],
    [`?query=${'x'.repeat(201)}`, '/query'],
    ['?cursor=nonsense', '/cursor'],
    ['?cursor=', '/cursor'],
    ['?cursor=b1e9', '/cursor'],
    ['?cursor=b-1', '/cursor'],
    ['?cursor=rsomewhere', '/cursor'],
    [`?cursor=${'r'.repeat(1_101)}`, '/cursor'],
    ['?sort=name', '/sort'],
  ])('refuses %s and names %s', async (query, pointer) => {
    const { status, body } = await gateway.search(query);
    expect([status, body.code, body.errors?.map((fault) => fault.pointer)]).toEqual([
      400,
      'invalid_request',
      [pointer],
    ]);
  });

  it('is for operators', async () => {
    const { status, body } = await gateway.search('', ['user']);
    expect([status, body.code]).toEqual([403, 'insufficient_role']);
  });
});

const weather = {
  name: 'io.example/weather',
  title: 'Weather',
  description: 'Forecasts of the weather',
  version: '1.2.3',
  packages: [
    { registryType: 'npm', identifier: 'example-weather-mcp', version: '1.2.3', transport: { type: 'stdio' } },
  ],
};

describe('the catalogue with a registry', () => {
  let registry: McpRegistrySimulator;
  let gateway: CatalogApp;
  beforeAll(async () => {
    registry = await McpRegistrySimulator.start();
    gateway = await CatalogApp.start(`${registry.url}/`);
  });
  beforeEach(() => {
    registry.publish(weather);
    registry.requests.length = 0;
  });
  afterAll(async () => {
    await gateway.destroy();
    await registry.stop();
  });

  it('shows the servers of the registry after its own', async () => {
    registry.publish({ ...weather, description: 'Forecasts for GitHub' });
    const { body } = await gateway.search('?query=github');
    const sources = body.servers.map(({ source }) => source);
    expect(sources).toEqual([...sources].sort());
    expect(body.servers.at(-1)).toMatchObject({ source: 'registry', name: 'io.example/weather', title: 'Weather' });
    expect(namesOf(body)[0]).toBe('github');
  });

  it('asks the registry for the latest versions of what is searched, and for no more than has room', async () => {
    const { body } = await gateway.search('?query=qqqqzzzzxxxx&limit=7');
    expect(body.servers).toEqual([]);
    expect(registry.requests.map(({ path, query }) => ({ path, query }))).toEqual([
      { path: '/v0.1/servers', query: { version: 'latest', search: 'qqqqzzzzxxxx', limit: '7' } },
    ]);
  });

  it('goes on from page to page, from its own servers into those of the registry, and comes to an end', async () => {
    registry.publish(
      ...Array.from({ length: 25 }, (_, index) => ({
        ...weather,
        name: `io.example/weather-${index}`,
        packages: [{ ...weather.packages[0], identifier: `weather-${index}` }],
      })),
    );
    const seen: string[] = [];
    let pages = 0;
    for (let cursor: string | undefined = ''; cursor !== undefined; pages += 1) {
      const { body } = await gateway.search(`?limit=10${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      expect(body.servers.length).toBeLessThanOrEqual(10);
      seen.push(...namesOf(body));
      cursor = body.nextCursor;
    }
    const published = Array.from({ length: 25 }, (_, index) => `io.example/weather-${index}`);
    expect(seen).toEqual([...BUNDLED_SERVERS.map(({ name }) => name), ...published]);
    expect(pages).toBe(Math.ceil((BUNDLED_SERVERS.length + 25) / 10));
  });

  it('shows a package that it knows once, and as it describes it', async () => {
    registry.publish(
      { ...weather, name: 'io.other/fs', packages: [npm('@modelcontextprotocol/server-filesystem')] },
      { ...weather, name: 'io.other/fetch', packages: [{ ...npm('MCP_Server.Fetch'), registryType: 'pypi' }] },
      {
        ...weather,
        name: 'io.other/linear',
        packages: [],
        remotes: [{ type: 'sse', url: 'https://mcp.linear.app/mcp/' }],
      },
      { ...weather, name: 'io.first/twice', packages: [npm('twice')] },
      { ...weather, name: 'io.second/twice', packages: [npm('twice')] },
    );
    const { body } = await gateway.search('?query=weather');
    expect(namesOf(body)).toEqual(['filesystem', 'fetch', 'linear', 'io.first/twice']);
    const { body: files } = await gateway.search('?query=filesystem');
    expect(namesOf(files).filter((name) => name === 'filesystem')).toHaveLength(1);
  });

  it('leaves out what its publisher has withdrawn', async () => {
    registry.publish(weather, { ...weather, name: 'io.example/old', packages: [npm('old')] });
    registry.deprecate('io.example/old');
    expect(namesOf((await gateway.search('?query=weather')).body)).toEqual(['io.example/weather']);
  });

  it('passes over entries that are nonsense, and says how many', async () => {
    registry.publish(weather, { name: 'no slash' }, { name: 'io.example/x', description: 7 });
    const { body } = await gateway.search(`?query=&limit=100`);
    expect(namesOf(body).at(-1)).toBe('io.example/weather');
    expect(body.warnings).toEqual(['2 of the servers in the registry could not be read']);
  });

  it.each([
    ['an error', { status: 500 }, /answers with status 500$/],
    ['a page of HTML', 'not JSON', /not a page of servers$/],
    ['a bad gateway', 'bad gateway', /status 502$/],
    ['JSON of another shape', { json: { servers: 'none' } }, /not a page of servers$/],
    ['null', { json: null }, /not a page of servers$/],
    ['a cursor that is none', { json: { servers: [], metadata: { nextCursor: 7 } } }, /not a page of servers$/],
    ['a redirect', { status: 302, json: {} }, /status 302$/],
    ['half of an answer', 'cut', /cannot be used: /],
    ['more than has room', { hugeBytes: 3 * 1024 * 1024 }, /not a page of servers$/],
    ['more than the client reads', { hugeBytes: 9 * 1024 * 1024 }, /too large$/],
  ] as const)(
    'answers with its own servers and a warning when the registry gives %s',
    async (_, behaviour, warning) => {
      registry.next(behaviour);
      const { status, body } = await gateway.search('?query=github');
      expect([status, namesOf(body)[0], body.nextCursor]).toEqual([200, 'github', undefined]);
      expect(body.servers.every(({ source }) => source === 'bundled')).toBe(true);
      expect(body.warnings).toEqual([expect.stringMatching(warning)]);
      expect(body.warnings![0]).toContain(new URL(registry.url).host);
    },
  );

  it('does not wait for a registry that never answers', async () => {
    registry.next('never');
    const { body } = await gateway.search('?query=github');
    expect(namesOf(body)[0]).toBe('github');
    expect(body.warnings).toEqual([expect.stringMatching(/no answer within 5 s$/)]);
  });

  it('answers with its own servers and a warning when nobody listens there', async () => {
    const gone = await McpRegistrySimulator.start();
    const { url } = gone;
    await gone.stop();
    const alone = await CatalogApp.start(url);
    const { status, body } = await alone.search('?query=github');
    await alone.destroy();
    expect([status, namesOf(body)[0]]).toEqual([200, 'github']);
    expect(body.warnings).toEqual([expect.stringContaining(new URL(url).host)]);
  });
});

const npm = (identifier: string) => ({
  registryType: 'npm',
  identifier,
  version: '1.0.0',
  transport: { type: 'stdio' },
});
