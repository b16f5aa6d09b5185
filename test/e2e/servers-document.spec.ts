import { exitingServer, mcpServer, NpmRegistrySimulator } from '../simulators/npm-registry/index.js';
import { McpRegistrySimulator } from '../simulators/mcp-registry/index.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { textOf } from '../support/mcp-clients.js';
import { PackagesClient } from '../support/packages-client.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

interface Definition {
  readonly name: string;
  readonly package?: { readonly name: string; readonly version: string };
  readonly [setting: string]: unknown;
}

interface ServersDocument {
  readonly version: number;
  readonly servers: Definition[];
}

interface Imported {
  readonly results: { readonly name: string; readonly action: string; readonly error?: string }[];
}

const YAML = 'application/yaml';

describe('A set of servers that lives in a repository', () => {
  let registry: NpmRegistrySimulator;
  let first: GatewayProcess;
  let second: GatewayProcess;

  beforeAll(async () => {
    registry = await NpmRegistrySimulator.start();
    await registry.publish(mcpServer({ name: 'weather', version: '1.0.0' }));
    await registry.publish(mcpServer({ name: 'weather', version: '1.1.0' }));
    await registry.publish(exitingServer({ name: 'weather', version: '2.0.0' }));
    const env = { NPM_REGISTRY: registry.url };
    [first, second] = await Promise.all([GatewayProcess.start({ env }), GatewayProcess.start({ env })]);
  });
  afterAll(async () => {
    await Promise.all([first?.dispose(), second?.dispose()]);
    await registry?.stop();
  });

  const exported = async ({ url }: GatewayProcess): Promise<ServersDocument> =>
    (await new RestClient(url).request<ServersDocument>('GET', '/servers/export')).body;
  const bring = async ({ url }: GatewayProcess, document: unknown): Promise<Imported['results']> => {
    const { body } = await new RestClient(url).request<Imported>('POST', '/servers/import?prune=true', document);
    return body.results;
  };
  const forecast = async ({ url }: GatewayProcess): Promise<string> => {
    const call = { serverName: 'weather', methodName: 'forecast', args: { city: 'Bern' } };
    const { status, body } = await new RestClient(url).callTool(call);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return textOf(body.data);
  };
  const withVersion = ({ version, servers }: ServersDocument, wanted: string): ServersDocument => ({
    version,
    servers: servers.map((server) =>
      server.package ? { ...server, package: { ...server.package, version: wanted } } : server,
    ),
  });

  it('is written by one gateway and makes the same servers, packages included, in another', async () => {
    const rest = new RestClient(first.url);
    await rest.register({ name: 'echo', ...echoServer() });
    const installed = await new PackagesClient(rest).install({
      name: 'weather',
      version: '1.0.0',
      serverName: 'weather',
      args: ['--own'],
    });
    expect(installed.status).toBe(200);
    const yaml = await (await fetch(`${first.url}/servers/export`, { headers: { accept: YAML } })).text();
    expect(yaml).not.toContain(first.dataDir);
    const response = await fetch(`${second.url}/servers/import?prune=true`, {
      method: 'POST',
      headers: { 'content-type': YAML },
      body: yaml,
    });
    const { results } = (await response.json()) as Imported;
    expect(results.filter(({ action }) => action === 'created').map(({ name }) => name)).toEqual(['echo', 'weather']);
    expect(await exported(second)).toEqual(await exported(first));
    expect((await exported(second)).servers.find(({ name }) => name === 'weather')).toMatchObject({
      package: { name: 'weather', version: '1.0.0' },
      args: ['--own'],
    });
    expect(await forecast(second)).toBe(await forecast(first));
    expect((await bring(second, await exported(first))).map(({ action }) => action)).not.toContain('updated');
  });

  it('brings a new version when it names one, and leaves the old one where the new one does not come up', async () => {
    const document = await exported(second);
    const before = await forecast(second);
    expect(await bring(second, withVersion(document, '2.0.0'))).toContainEqual({
      name: 'weather',
      action: 'failed',
      error: expect.stringContaining('version 1.0.0 stays in use'),
    });
    expect(await forecast(second)).toBe(before);
    const newer = withVersion(document, '1.1.0');
    expect(await bring(second, newer)).toContainEqual({ name: 'weather', action: 'updated' });
    expect(await exported(second)).toEqual(newer);
    expect(await bring(second, newer)).toContainEqual({ name: 'weather', action: 'unchanged' });
  });

  it.each<[string, object, string]>([
    ['no name', { version: '1.0.0' }, '/name'],
    ['a path', { name: '../weather', version: '1.0.0' }, '/name'],
    ['no version', { name: 'weather' }, '/version'],
    ['a range of versions', { name: 'weather', version: '^1.0.0' }, '/version'],
    ['a tag for a version', { name: 'weather', version: 'latest' }, '/version'],
    [
      'a range of Python versions',
      { name: 'weather', version: '>=1', runtime: 'python', pythonModule: 'weather' },
      '/version',
    ],
    ['a URL for a version', { name: 'weather', version: 'http://127.0.0.1/x.tgz' }, '/version'],
    ['another runtime', { name: 'weather', version: '1.0.0', runtime: 'ruby' }, '/runtime'],
    [
      'Python with a path for a script',
      { name: 'weather', version: '1.0.0', runtime: 'python', command: './weather' },
      '/command',
    ],
    ['a setting of the server', { name: 'weather', version: '1.0.0', env: {} }, '/env'],
  ])('is refused with %s in a package, by its pointer', async (_, facts, pointer) => {
    const document = { version: 1, servers: [{ name: 'new', package: facts }] };
    const { status, body } = await new RestClient(second.url).request<{ errors: { pointer: string }[] }>(
      'POST',
      '/servers/import',
      document,
    );
    expect([status, body.errors.map((fault) => fault.pointer)]).toEqual([400, [`/servers/0/package${pointer}`]]);
  });

  it.each([
    ['name', { name: 'other' }],
    ['command', { command: 'weather' }],
    ['allowScripts', { allowScripts: true }],
    ['runtime', { runtime: 'python', pythonModule: 'weather' }],
  ])('never puts another package under a server: %s', async (field, change) => {
    const document = await exported(second);
    const servers = document.servers.map((server) =>
      server.package ? { ...server, package: { ...server.package, ...change } } : server,
    );
    expect(await bring(second, { version: 1, servers })).toContainEqual({
      name: 'weather',
      action: 'failed',
      error: `Server weather has another package: ${field} differs. Only its version can be changed; delete the server first`,
    });
  });

  it('shows the package in what a deletion takes with it', async () => {
    const path = '/mcp/servers/weather/delete-impact';
    const { body } = await new RestClient(second.url).request<{ impact: object }>('GET', path);
    expect(body.impact).toMatchObject({
      server: 'weather',
      processes: 1,
      package: { name: 'weather', version: '1.1.0' },
    });
  });
});

describe('The catalogue of a gateway', () => {
  it('offers what it knows, and then what the registry of REGISTRY_URL has', async () => {
    const registry = await McpRegistrySimulator.start();
    registry.publish({
      name: 'io.example/github-digest',
      description: 'Digests of repositories on GitHub',
      version: '1.0.0',
      remotes: [{ type: 'streamable-http', url: 'https://digest.example/mcp' }],
    });
    const gateway = await GatewayProcess.start({ env: { REGISTRY_URL: registry.url } });
    const { status, body } = await new RestClient(gateway.url).request<{ servers: Definition[] }>(
      'GET',
      '/packages/catalog?query=github',
    );
    await gateway.dispose();
    await registry.stop();
    expect(status).toBe(200);
    expect(body.servers[0]!.name).toBe('github');
    expect(body.servers.at(-1)).toMatchObject({ name: 'io.example/github-digest', source: 'registry' });
  });
});
