import { mcpServer, NpmRegistrySimulator } from '../../../../test/simulators/npm-registry/index.js';
import { testEgress } from '../../../egress/testing/src/test-egress.js';
import { NpmVersions } from './npm-versions.js';

const signal = new AbortController().signal;

let registry: NpmRegistrySimulator;
let versions: NpmVersions;

const versionsOf = (url: string): NpmVersions =>
  new NpmVersions({ registry: url, cacheDir: '/nowhere', timeoutMs: 1000, nodeOptions: [] }, testEgress());

beforeEach(async () => {
  registry = await NpmRegistrySimulator.start();
  versions = versionsOf(registry.url);
});

afterEach(() => registry.stop());

describe('NpmVersions', () => {
  it('finds the version that the tag latest names, which need not be the last', async () => {
    await registry.publish(mcpServer({ version: '1.0.0' }));
    await registry.publish({ ...mcpServer({ version: '2.0.0-beta.1' }), tag: 'next' });
    await expect(versions.latestVersion('weather', { signal })).resolves.toBe('1.0.0');
    registry.tag('weather', 'latest', '2.0.0-beta.1');
    await expect(versions.latestVersion('weather', { signal })).resolves.toBe('2.0.0-beta.1');
  });

  it('asks for the short form of the document, of packages in a scope too', async () => {
    await registry.publish(mcpServer({ name: '@acme/weather' }));
    await expect(versions.latestVersion('@acme/weather', { signal })).resolves.toBe('1.0.0');
    const [request] = registry.requestsTo('document @acme/weather');
    expect(request).toMatchObject({ path: '/@acme%2fweather' });
    expect(request.headers.accept).toContain('application/vnd.npm.install-v1+json');
  });

  it('sends the credentials that the URL of the registry has', async () => {
    await registry.publish(mcpServer());
    const asking = versionsOf(registry.url.replace('//', '//user:pa55word@'));
    await expect(asking.latestVersion('weather', { signal })).resolves.toBe('1.0.0');
    const authorization = `Basic ${Buffer.from('user:pa55word').toString('base64')}`;
    expect(registry.requestsTo('document weather')[0].headers).toMatchObject({ authorization });
  });

  it.each([
    ['that is not there', { status: 404 }, 'package_not_found'],
    ['that may not be read', { status: 401 }, 'registry_unreachable'],
    ['of a broken registry', { status: 500 }, 'registry_unreachable'],
    ['whose document breaks off', 'cut', 'registry_unreachable'],
    ['whose document has no end', { hugeBytes: 20 * 1024 * 1024 }, 'registry_unreachable'],
    ['whose document is no JSON', 'not JSON', 'version_not_found'],
    ['whose document is null', { json: null }, 'version_not_found'],
    ['without a latest version', { json: { 'dist-tags': {} } }, 'version_not_found'],
    ['whose latest version is no version', { json: { 'dist-tags': { latest: '../x' } } }, 'version_not_found'],
  ] as const)('says so of a package %s', async (_, behaviour, code) => {
    registry.next('document weather', behaviour);
    await expect(versions.latestVersion('weather', { signal })).rejects.toMatchObject({ name: 'InstallError', code });
  });

  it('says so when there is no registry', async () => {
    const gone = await NpmRegistrySimulator.start();
    const { url } = gone;
    await gone.stop();
    const latest = versionsOf(url).latestVersion('weather', { signal });
    await expect(latest).rejects.toMatchObject({ code: 'registry_unreachable' });
  });

  it('asks for many packages eight at a time, and one that fails does not fail the others', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `server-${index}`);
    for (const name of names) {
      await registry.publish(mcpServer({ name }));
      registry.always(`document ${name}`, { slowMs: 2_000 });
    }
    registry.always('document server-3', { status: 500 });
    const found = await Promise.allSettled(names.map((name) => versions.latestVersion(name, { signal })));
    expect(found[3]).toMatchObject({ status: 'rejected', reason: { code: 'registry_unreachable' } });
    expect(found.filter(({ status }) => status === 'fulfilled')).toHaveLength(19);
    expect(registry.counts.mostInFlight).toBe(8);
  });

  it('hangs up when it is aborted, and asks no more', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `server-${index}`);
    for (const name of names) registry.always(`document ${name}`, 'never');
    const controller = new AbortController();
    const first = names.slice(0, 8).map((name) => registry.nextRequest(`document ${name}`));
    const hungUp = registry.nextAbort('document server-7');
    const found = Promise.allSettled(names.map((name) => versions.latestVersion(name, { signal: controller.signal })));
    await Promise.all(first);
    controller.abort(new Error('enough'));
    for (const latest of await found) expect(latest).toMatchObject({ reason: { message: 'enough' } });
    await hungUp;
    expect(registry.counts.total).toBe(8);
  });
});
