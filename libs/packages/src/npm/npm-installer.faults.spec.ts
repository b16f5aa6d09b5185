import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  mcpServer,
  NpmRegistrySimulator,
  serverWithDependencies,
  serverWithPostinstall,
  type PackageDefinition,
} from '../../../../test/simulators/npm-registry/index.js';
import { NpmFixture } from '../../testing/src/npm-fixture.js';

let fixture: NpmFixture;
let registry: NpmRegistrySimulator;

beforeEach(async () => {
  fixture = await NpmFixture.start();
  registry = fixture.registry;
});

afterEach(() => fixture.stop());

const failure = (code: string, message: unknown = expect.any(String)): object =>
  expect.objectContaining({ name: 'InstallError', code, message });

describe('NpmInstaller refuses', () => {
  let canary: NpmRegistrySimulator;

  beforeEach(async () => {
    canary = await NpmRegistrySimulator.start();
  });

  afterEach(() => canary.stop());

  const withDependency = (spec: string): PackageDefinition => ({
    name: 'weather',
    version: '1.0.0',
    manifest: { dependencies: { evil: spec } },
  });

  it.each([
    ['git+ssh://git@127.0.0.1/evil.git', 'a git repository'],
    ['CANARY/evil.git', 'a git repository'],
    ['acme/evil', 'a git repository'],
    ['CANARY/evil.tgz', 'a URL outside of the registry'],
    ['file:../..', 'a folder'],
    ['file:evil.tgz', 'a file'],
  ])('the dependency %s', async (spec, what) => {
    const url = spec.endsWith('.git') ? `git+${canary.url}` : canary.url;
    await registry.publish(withDependency(spec.replace('CANARY', url)));
    const { result } = fixture.begin({ name: 'weather', allowScripts: true });
    const message = `The dependency "evil" points to ${what}: only packages of the registry are installed`;
    await expect(result).rejects.toEqual(failure('refused_dependency', message));
    expect(canary.counts.total).toBe(0);
  });

  it('a tarball that the registry has elsewhere', async () => {
    await registry.publish({ ...mcpServer({ name: 'evil' }), tarballUrl: `${canary.url}/evil/-/evil-1.0.0.tgz` });
    await registry.publish(withDependency('^1.0.0'));
    const { result } = fixture.begin({ name: 'weather' });
    await expect(result).rejects.toEqual(failure('refused_dependency', expect.stringContaining('"evil"')));
    expect(canary.counts.total).toBe(0);
  });

  it.each([
    ['a tarball elsewhere', { resolved: 'CANARY/evil.tgz', version: '1.0.0' }, '"evil"'],
    ['a folder outside', { resolved: '../../..', link: true }, 'a folder outside of it'],
  ])('%s that the lock file of a package names', async (_, locked, words) => {
    const resolved = locked.resolved.replace('CANARY', canary.url);
    const packages = { '': { dependencies: { evil: '*' } }, 'node_modules/evil': { ...locked, resolved } };
    const lock = { name: 'weather', version: '1.0.0', lockfileVersion: 3, packages };
    await registry.publish({
      name: 'weather',
      version: '1.0.0',
      manifest: { dependencies: { evil: '*' }, _hasShrinkwrap: true },
      files: { 'npm-shrinkwrap.json': JSON.stringify(lock) },
    });
    const { result } = fixture.begin({ name: 'weather' });
    await expect(result).rejects.toEqual(failure('refused_dependency', expect.stringContaining(words)));
    expect(canary.counts.total).toBe(0);
  });

  it('a tarball that is not what the registry promised', async () => {
    await registry.publish(mcpServer());
    await registry.replaceTarball({ ...mcpServer(), files: { 'index.js': 'evil()' } });
    const install = fixture.begin({ name: 'weather' });
    const message = 'A tarball does not match the integrity that the registry gives';
    await expect(install.result).rejects.toEqual(failure('integrity_mismatch', message));
    expect(install.lines.join('\n')).toMatch(/tarball data for weather@.* seems to be corrupted/);
  });

  it('a version that was another one when it was installed before', async () => {
    const { integrity } = await registry.publish(mcpServer());
    const again = { name: 'weather', version: '1.0.0', expectIntegrity: integrity };
    await expect(fixture.begin(again).result).resolves.toMatchObject({ integrity });
    await registry.publish({ ...mcpServer(), files: { 'index.js': 'evil()' } });
    registry.clearRequests();
    await expect(fixture.begin(again).result).rejects.toEqual(
      failure('integrity_mismatch', 'weather 1.0.0 has changed: the registry now gives another integrity'),
    );
    expect(registry.requestsTo('tarball weather')).toEqual([]);
  });

  it('a package for another Node, or for another platform', async () => {
    await registry.publish({ ...mcpServer({ name: 'newer' }), manifest: { engines: { node: '>=999' } } });
    await registry.publish({ ...mcpServer({ name: 'other' }), manifest: { os: ['aix'] } });
    await expect(fixture.begin({ name: 'newer' }).result).rejects.toEqual(
      failure('unsupported_engine', `newer 1.0.0 needs Node >=999.0.0, and this is ${process.version}`),
    );
    await expect(fixture.begin({ name: 'other' }).result).rejects.toEqual(failure('unsupported_engine'));
  });
});

describe('NpmInstaller says what is wrong', () => {
  it('when there is no such package, dependency or version', async () => {
    await registry.publish(mcpServer());
    await registry.publishAll(serverWithDependencies({ name: 'broken' }).slice(0, 2));
    await expect(fixture.begin({ name: '@acme/missing' }).result).rejects.toEqual(
      failure('package_not_found', 'The registry has no @acme/missing'),
    );
    await expect(fixture.begin({ name: 'broken' }).result).rejects.toEqual(
      failure('package_not_found', 'The registry has no broken-letters'),
    );
    for (const version of ['9.9.9', '^9', 'nightly']) {
      await expect(fixture.begin({ name: 'weather', version }).result).rejects.toEqual(
        failure('version_not_found', expect.stringContaining(`weather@${version}`)),
      );
    }
  });

  it.each([
    ['refuses', { status: 401 }, expect.stringMatching(/^The registry answered 401 for weather: NPM_TOKEN/)],
    ['is broken', { status: 500 }, 'The registry answered 500 for weather'],
    ['breaks off', 'cut', expect.stringContaining('was interrupted')],
    ['has something else there', 'not JSON', expect.stringContaining('was interrupted')],
  ] as const)('when the registry %s', async (_, behaviour, message) => {
    await registry.publish(mcpServer());
    registry.always('document weather', behaviour);
    const { result } = fixture.begin({ name: 'weather' });
    await expect(result).rejects.toEqual(failure('registry_unreachable', message));
  });

  it('when a tarball breaks off, but asks again after a bad moment', async () => {
    await registry.publish(mcpServer());
    registry.always('tarball weather', 'cut');
    await expect(fixture.begin({ name: 'weather' }).result).rejects.toEqual(failure('registry_unreachable'));
    registry.behave();
    registry.next('document weather', { status: 503 });
    await expect(fixture.begin({ name: 'weather' }).result).resolves.toMatchObject({ version: '1.0.0' });
  });

  it('when there is no registry, and never shows its password', async () => {
    const gone = await NpmRegistrySimulator.start();
    const url = gone.url.replace('//', '//user:pa55word@');
    await gone.stop();
    const install = fixture.begin({ name: 'weather' }, fixture.installerWith({ registry: url }));
    await expect(install.result).rejects.toEqual(
      failure('registry_unreachable', expect.stringContaining('ECONNREFUSED')),
    );
    expect(JSON.stringify([install.lines, install.steps])).not.toContain('pa55word');
  });

  it('when an install script fails, with what it printed in the log', async () => {
    const failing = { 'postinstall.js': "console.error('no compiler'); process.exit(7);" };
    const definition = serverWithPostinstall();
    await registry.publish({ ...definition, files: { ...definition.files, ...failing } });
    const install = fixture.begin({ name: 'weather', allowScripts: true });
    await expect(install.result).rejects.toEqual(
      failure('scripts_failed', 'The script "postinstall" of weather@1.0.0 failed with exit code 7'),
    );
    expect(install.lines).toContain('no compiler');
  });

  it('when a file cannot be written', async () => {
    await registry.publish(mcpServer());
    const file = join(fixture.root, 'file');
    await writeFile(file, '');
    const { result } = fixture.begin({ name: 'weather' }, fixture.installerWith({ cacheDir: file }));
    await expect(result).rejects.toEqual(
      failure('install_failed', expect.stringContaining('cannot be read or written (EEXIST)')),
    );
  });

  it('when there is no space left', async () => {
    const content = randomBytes(300_000).toString('hex');
    await registry.publish({ name: 'big', version: '1.0.0', files: { 'index.js': content } });
    registry.always('tarball big', { slowMs: 1000 });
    const asked = registry.nextRequest('tarball big');
    const { result } = fixture.begin({ name: 'big' });
    await asked;
    execFileSync('prlimit', ['--pid', String(fixture.programs()[0]), '--fsize=100000']);
    await expect(result).rejects.toEqual(failure('no_space'));
    await expect(fixture.begin({ name: 'big' }).result).resolves.toMatchObject({ version: '1.0.0' });
  });
});
