import { ProblemError } from '@manifold/rest';
import {
  ServerExtensions,
  ServerHost,
  type PackagedServer,
  type PackageFacts,
  type ServerPackages,
  type ServerSettings,
} from '@manifold/server-model';
import { FIXTURES, registration, TestGateway } from '../../testing/src/gateway.js';
import { ServerRegistry } from './server-registry.service.js';

/** Packages without files: each "installed" version is the fixture server with an argument of its own. */
class PackagesFixture implements ServerPackages {
  readonly installed = new Map<string, PackagedServer>();

  constructor(private readonly registry: ServerRegistry) {}

  async list(): Promise<ReadonlyMap<string, PackagedServer>> {
    return this.installed;
  }

  checkPolicy(): void {}

  faultsOf(_tenant: string, facts: PackageFacts) {
    const fits = typeof facts.name === 'string';
    return fits ? [] : [{ pointer: '/name', code: 'required', detail: 'name is needed' }];
  }

  async install(tenant: string, name: string, facts: PackageFacts, settings: ServerSettings): Promise<void> {
    if (facts.name === 'missing') throw new ProblemError(502, 'package_not_found', 'There is no package missing');
    const launch = launchOf(facts);
    const args = [...launch.args, ...(settings.args ?? [])];
    await this.registry.register(tenant, name, { ...settings, command: launch.command, args });
    this.installed.set(name, { facts, launch });
  }

  async change(tenant: string, name: string, facts: PackageFacts): Promise<void> {
    if (facts.version === 'broken') throw new ProblemError(422, 'upgrade_failed', 'It did not come up');
    const launch = launchOf(facts);
    await this.registry.update(tenant, name, { command: launch.command, args: launch.args });
    this.installed.set(name, { facts, launch });
  }
}

const launchOf = ({ version }: PackageFacts) => ({
  command: 'node',
  args: [`${FIXTURES}/registered-server.mjs`, `--version=${String(version)}`],
});

describe('servers that come from packages, as a document', () => {
  let gateway: TestGateway;
  let fixture: PackagesFixture;
  beforeEach(async () => {
    gateway = await TestGateway.start();
    fixture = new PackagesFixture(gateway.app.get(ServerHost, { strict: false }) as unknown as ServerRegistry);
    gateway.app.get(ServerExtensions, { strict: false }).packages = fixture;
  });
  afterEach(() => gateway.destroy());

  const exported = async () => (await gateway.rest('GET', '/servers/export')).body;
  const bring = (servers: object[], query = '') =>
    gateway.rest('POST', `/servers/import${query}`, { version: 1, servers });
  const argsOf = async (name: string): Promise<string[]> =>
    (await gateway.rest('GET', `/mcp/servers/${name}`)).body.server.args.slice(1);
  const tool = {
    name: 'tool',
    package: { name: 'a-tool', version: '1' },
    args: ['--own'],
    env: { A: '1' },
    enabled: false,
  };

  it('are installed where they are missing, and written down without the command that only this machine has', async () => {
    expect((await bring([tool])).body.results).toEqual([{ name: 'tool', action: 'created' }]);
    expect(await argsOf('tool')).toEqual(['--version=1', '--own']);
    const env = { A: '${input:tool.env.A}' };
    expect(await exported()).toEqual({ version: 1, servers: [{ ...tool, env, transportType: 'stdio' }] });
  });

  it('stay as they are when the document says the same, in whatever order', async () => {
    await bring([tool]);
    const same = { ...tool, package: { version: '1', name: 'a-tool' } };
    expect((await bring([same])).body.results).toEqual([{ name: 'tool', action: 'unchanged' }]);
  });

  it.each([
    [{ env: { A: '2' } }, ['--version=1', '--own']],
    [{ args: ['--other'] }, ['--version=1', '--other']],
    [{ args: undefined }, ['--version=1']],
  ])('keep their program when only a setting differs: %j', async (change, args) => {
    await bring([tool]);
    expect((await bring([{ ...tool, ...change }])).body.results).toEqual([{ name: 'tool', action: 'updated' }]);
    expect(await argsOf('tool')).toEqual(args);
    expect((await bring([{ ...tool, ...change }])).body.results).toEqual([{ name: 'tool', action: 'unchanged' }]);
  });

  it('get another version when the document names one, with the settings that differ, but not in a dry run', async () => {
    await bring([tool]);
    const newer = { ...tool, package: { ...tool.package, version: '2' }, args: ['--new'] };
    expect((await bring([newer], '?dryRun=true')).body.results).toEqual([{ name: 'tool', action: 'updated' }]);
    expect(await argsOf('tool')).toEqual(['--version=1', '--own']);
    expect((await bring([newer])).body.results).toEqual([{ name: 'tool', action: 'updated' }]);
    expect(await argsOf('tool')).toEqual(['--version=2', '--new']);
    expect((await bring([newer])).body.results).toEqual([{ name: 'tool', action: 'unchanged' }]);
  });

  it('keep a command that an operator has written anew', async () => {
    await bring([tool]);
    await gateway.rest('PUT', '/mcp/servers/tool', { command: 'sh', args: ['-c', 'exec tool'], env: { A: '1' } });
    const { servers } = await exported();
    expect(servers[0]).not.toHaveProperty('args');
    expect((await bring(servers)).body.results).toEqual([{ name: 'tool', action: 'unchanged' }]);
    await bring([{ ...servers[0], env: { A: '2' } }]);
    const { server } = (await gateway.rest('GET', '/mcp/servers/tool')).body;
    expect(server).toMatchObject({ command: 'sh', args: ['-c', 'exec tool'], env: { A: '[hidden]' } });
  });

  it('say why they could not be installed or changed', async () => {
    await bring([{ ...tool, name: 'old' }]);
    const missing = { ...tool, package: { name: 'missing' } };
    const broken = { ...tool, name: 'old', package: { ...tool.package, version: 'broken' } };
    expect((await bring([missing, broken, { ...tool, name: 'other' }])).body.results).toEqual([
      { name: 'tool', action: 'failed', error: 'There is no package missing' },
      { name: 'old', action: 'failed', error: 'It did not come up' },
      { name: 'other', action: 'created' },
    ]);
    expect(await argsOf('old')).toEqual(['--version=1', '--own']);
  });

  it.each<[string, object, string[]]>([
    ['facts that do not fit', { ...tool, package: {} }, ['/servers/0/package/name']],
    ['a command beside the package', { ...tool, command: 'sh' }, ['/servers/0/command']],
    ['no package for a server that has one', { ...registration('kept'), enabled: false }, ['/servers/0/package']],
    ['a package for a server that has none', { ...tool, name: 'plain' }, ['/servers/0/package']],
  ])('are refused with %s', async (_, server, pointers) => {
    await bring([
      { ...tool, name: 'kept' },
      { ...registration('plain'), enabled: false },
    ]);
    const { status, body } = await bring([server]);
    expect([status, body.errors.map((fault: { pointer: string }) => fault.pointer)]).toEqual([400, pointers]);
    expect((await exported()).servers).toHaveLength(2);
  });
});
