import { Problem } from '@manifold/rest';
import {
  ServerExtensions,
  ServerHost,
  type PackageFacts,
  type ServerPackages,
  type ServerSettings,
} from '@manifold/server-hosting';
import { registration, TestGateway } from '../testing/src/gateway.js';
import { ServerRegistry } from './server-registry.service.js';

/** Packages without files: each "installed" version is the fixture server with an argument of its own. */
class Shelf implements ServerPackages {
  readonly installed = new Map<string, PackageFacts>();

  constructor(private readonly registry: ServerRegistry) {}

  factsOf(_tenant: string, name: string): PackageFacts | undefined {
    return this.installed.get(name);
  }

  faultsOf(facts: PackageFacts) {
    const fits = typeof facts.name === 'string';
    return fits ? [] : [{ pointer: '/name', code: 'required', detail: 'name is needed' }];
  }

  async install(tenant: string, name: string, facts: PackageFacts, settings: ServerSettings): Promise<void> {
    if (facts.name === 'missing') throw new Problem(502, 'package_not_found', 'There is no package missing');
    const { command, args } = registration(name, `--version=${String(facts.version)}`) as Required<ServerSettings>;
    const whole = { ...settings, command, args };
    await (this.registry.find(tenant, name)
      ? this.registry.redefine(tenant, name, whole)
      : this.registry.register(tenant, name, whole));
    this.installed.set(name, facts);
  }
}

describe('servers that come from packages, as a document', () => {
  let gateway: TestGateway;
  let shelf: Shelf;
  beforeEach(async () => {
    gateway = await TestGateway.start();
    shelf = new Shelf(gateway.app.get(ServerHost, { strict: false }) as unknown as ServerRegistry);
    gateway.app.get(ServerExtensions, { strict: false }).packages = shelf;
  });
  afterEach(() => gateway.destroy());

  const exported = async () => (await gateway.rest('GET', '/servers/export')).body;
  const bring = (servers: object[], query = '') =>
    gateway.rest('POST', `/servers/import${query}`, { version: 1, servers });
  const tool = { name: 'tool', package: { name: 'a-tool', version: '1.0.0' }, env: { A: '1' }, enabled: false };

  it('are installed where they are missing, and written down without the command that only this machine has', async () => {
    expect((await bring([tool])).body.results).toEqual([{ name: 'tool', action: 'created' }]);
    expect((await gateway.rest('GET', '/mcp/servers/tool')).body.server.args).toContain('--version=1.0.0');
    expect(await exported()).toEqual({ version: 1, servers: [{ ...tool, transportType: 'stdio' }] });
  });

  it('stay as they are when the document says the same, in whatever order', async () => {
    await bring([tool]);
    const same = { ...tool, package: { version: '1.0.0', name: 'a-tool' } };
    expect((await bring([same])).body.results).toEqual([{ name: 'tool', action: 'unchanged' }]);
  });

  it('are changed with their command when only a setting differs', async () => {
    await bring([tool]);
    const before = (await gateway.rest('GET', '/mcp/servers/tool')).body.server;
    expect((await bring([{ ...tool, env: { A: '2' } }])).body.results).toEqual([{ name: 'tool', action: 'updated' }]);
    const after = (await gateway.rest('GET', '/mcp/servers/tool')).body.server;
    expect(after).toMatchObject({ command: before.command, args: before.args, env: { A: '2' } });
  });

  it('get another package when the document names one, but not in a dry run', async () => {
    await bring([tool]);
    const newer = { ...tool, package: { ...tool.package, version: '2.0.0' } };
    expect((await bring([newer], '?dryRun=true')).body.results).toEqual([{ name: 'tool', action: 'updated' }]);
    expect(shelf.installed.get('tool')).toMatchObject({ version: '1.0.0' });
    expect((await bring([newer])).body.results).toEqual([{ name: 'tool', action: 'updated' }]);
    expect((await gateway.rest('GET', '/mcp/servers/tool')).body.server.args).toContain('--version=2.0.0');
  });

  it('say why they could not be installed', async () => {
    const missing = { ...tool, package: { name: 'missing' } };
    expect((await bring([missing, { ...tool, name: 'other' }])).body.results).toEqual([
      { name: 'tool', action: 'failed', error: 'There is no package missing' },
      { name: 'other', action: 'created' },
    ]);
  });

  it.each<[string, object, string[]]>([
    ['facts that do not fit', { ...tool, package: {} }, ['/servers/0/package/name']],
    ['a command beside the package', { ...tool, command: 'sh', args: [] }, ['/servers/0/command', '/servers/0/args']],
    ['no package for a server that has one', { ...registration('kept'), enabled: false }, ['/servers/0/package']],
  ])('are refused with %s', async (_, server, pointers) => {
    await bring([{ ...tool, name: 'kept' }]);
    const { status, body } = await bring([server]);
    expect([status, body.errors.map((fault: { pointer: string }) => fault.pointer)]).toEqual([400, pointers]);
    expect((await exported()).servers).toHaveLength(1);
  });

  it('can be remote: the package then says nothing of a command', async () => {
    const remote = { ...tool, env: undefined, transportType: 'streamable_http', url: 'http://127.0.0.1:9/mcp' };
    const { body } = await bring([{ ...remote, command: 'no effect' }], '?dryRun=true');
    expect(body.results).toEqual([{ name: 'tool', action: 'created' }]);
  });
});
