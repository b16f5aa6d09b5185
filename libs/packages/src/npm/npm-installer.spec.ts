import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import {
  mcpServer,
  NpmRegistrySimulator,
  serverWithDependencies,
  serverWithPostinstall,
  serverWithTwoPrograms,
} from '../../../../test/simulators/npm-registry/index.js';
import { NpmFixture } from '../../testing/src/npm-fixture.js';
import { entriesOf, entryOf } from './package-entry.js';

let fixture: NpmFixture;

beforeEach(async () => {
  fixture = await NpmFixture.start();
});

afterEach(() => fixture.stop());

describe('NpmInstaller', () => {
  it('installs a package with its dependencies, and says how far it is', async () => {
    const { registry } = fixture;
    await registry.publishAll(serverWithDependencies({ name: '@acme/weather' }));
    registry.deprecate('@acme/weather-letters', '2.0.0', 'use words');
    const install = fixture.begin({ name: '@acme/weather' });
    const installed = await install.result;

    expect(installed).toEqual({
      name: '@acme/weather',
      version: '1.0.0',
      integrity: expect.stringMatching(/^sha512-/),
    });
    const modules = join(install.folder, 'node_modules');
    await expect(entryOf(install.folder, '@acme/weather')).resolves.toBe(join(modules, '@acme/weather/index.js'));
    expect(await readdir(join(modules, '@acme'))).toEqual(['weather', 'weather-letters', 'weather-words']);
    expect(await readdir(install.folder)).toEqual(['node_modules']);

    const percents = install.steps.map(({ percent }) => percent);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.at(-1)).toBe(100);
    expect(install.steps).toContainEqual({ percent: 90, step: 'Downloading and unpacking (3 of 3)' });
    expect(install.lines.join('\n')).toMatch(/fetch GET 200 .*weather-words/);
    expect(install.lines).toContainEqual(expect.stringMatching(/^npm warn deprecated @acme\/weather-letters@2.0.0/));
  });

  it('passes on that the publisher has deprecated the package, in one safe line', async () => {
    await fixture.registry.publish(mcpServer());
    fixture.registry.deprecate('weather', '1.0.0', 'use\n@acme/weather,\u001b[31m see https://user:pa55word@acme.test');
    const { deprecated } = await fixture.begin({ name: 'weather' }).result;
    expect(deprecated).toBe('use@acme/weather, see https://[hidden]@acme.test');
  });

  it('finds exact versions, ranges and tags, and a version that was published a moment ago', async () => {
    const { registry } = fixture;
    for (const version of ['1.0.0', '1.4.0', '2.0.0']) await registry.publish(mcpServer({ version }));
    registry.tag('weather', 'stable', '1.4.0');
    const versionOf = async (version?: string): Promise<string> =>
      (await fixture.begin({ name: 'weather', version }).result).version;
    const wanted = ['^1.0.0', 'stable', undefined];
    await expect(Promise.all(wanted.map(versionOf))).resolves.toEqual(['1.4.0', '1.4.0', '2.0.0']);
    await registry.publish(mcpServer({ version: '2.1.0' }));
    await expect(Promise.all([versionOf('2.1.0'), versionOf()])).resolves.toEqual(['2.1.0', '2.1.0']);
  });

  it('takes from the cache what it has had before', async () => {
    const { registry } = fixture;
    await registry.publishAll(serverWithDependencies());
    await fixture.begin({ name: 'weather' }).result;
    registry.clearRequests();
    await fixture.begin({ name: 'weather' }).result;
    expect(registry.counts.total).toBe(1);
    expect(registry.requestsTo('document weather')[0].headers).toHaveProperty('if-none-match');
  });

  it('runs no install scripts', async () => {
    await fixture.registry.publish(serverWithPostinstall());
    const install = fixture.begin({ name: 'weather' });
    await install.result;
    expect(existsSync(join(install.folder, 'node_modules/weather/postinstall.js'))).toBe(true);
    expect(existsSync(join(install.folder, 'node_modules/weather/postinstall-ran'))).toBe(false);
  });

  it('runs install scripts where they are allowed, without what the gateway knows', async () => {
    process.env.SECRETS_KEY = 'not for scripts';
    await fixture.registry.publish(serverWithPostinstall());
    const install = fixture.begin({ name: 'weather', allowScripts: true });
    await install.result.finally(() => delete process.env.SECRETS_KEY);
    expect(existsSync(join(install.folder, 'node_modules/weather/postinstall-ran'))).toBe(true);
    const [environment] = install.lines.filter((line) => line.startsWith('environment: '));
    const names = environment.split(' ').filter((name) => !/^npm_(package|lifecycle|config_node_gyp)/.test(name));
    expect(names).toContain('PATH');
    expect(names).not.toContain('SECRETS_KEY');
    expect(names.filter((name) => !/proxy|cert|bundle/i.test(name)).length).toBeLessThan(16);
    expect(install.steps).toContainEqual({ percent: 90, step: 'Running install scripts' });
  });

  it('sends the credentials of the registry with every request, and shows them nowhere', async () => {
    const { registry } = fixture;
    await registry.publishAll(serverWithDependencies());
    const url = registry.url.replace('//', '//user:pa55w%40rd@');
    const install = fixture.begin({ name: 'weather' }, fixture.installerWith({ registry: `${url}/` }));
    await install.result;
    const requests = [
      ...registry.requestsTo('document weather-words'),
      ...registry.requestsTo('tarball weather-words'),
    ];
    const authorization = `Basic ${Buffer.from('user:pa55w@rd').toString('base64')}`;
    expect(requests).toHaveLength(2);
    for (const { headers } of requests) expect(headers).toMatchObject({ authorization });
    expect(JSON.stringify([install.lines, install.steps])).not.toContain('pa55w');
  });

  it('keeps what a registry has answered to credentials in no cache', async () => {
    const { registry } = fixture;
    await registry.publishAll(serverWithDependencies());
    const url = registry.url.replace('//', '//user:pass@');
    for (let time = 1; time <= 2; time += 1) {
      const install = fixture.begin({ name: 'weather' }, fixture.installerWith({ registry: url }));
      await install.result;
      expect(existsSync(join(install.folder, '_cacache'))).toBe(false);
    }
    const asked = registry.requestsTo('document weather');
    expect(asked.length).toBeGreaterThan(1);
    for (const { headers } of asked) expect(headers).not.toHaveProperty('if-none-match');
  });

  it('takes the packages of a scope from its registry, each with the token for it alone', async () => {
    const ofScope = await NpmRegistrySimulator.start();
    try {
      await ofScope.publish({
        ...mcpServer({ name: '@acme/weather' }),
        manifest: { bin: 'index.js', dependencies: { words: '1' } },
      });
      await fixture.registry.publish({ name: 'words', version: '1.0.0' });
      const npmrc = {
        '@acme:registry': `${ofScope.url}/`,
        [`${ofScope.url.slice('http:'.length)}/:_authToken`]: 'token-of-acme',
      };
      const install = fixture.begin({ name: '@acme/weather' }, fixture.installerWith({ token: 'token-of-all', npmrc }));
      await install.result;
      for (const kind of ['document', 'tarball'] as const) {
        const [own] = ofScope.requestsTo(`${kind} @acme/weather`);
        const [other] = fixture.registry.requestsTo(`${kind} words`);
        expect(own!.headers).toMatchObject({ authorization: 'Bearer token-of-acme' });
        expect(other!.headers).toMatchObject({ authorization: 'Bearer token-of-all' });
      }
      expect(JSON.stringify([install.lines, install.steps])).not.toContain('token-of');
    } finally {
      await ofScope.stop();
    }
  });

  it('runs install scripts in a process that has not known the credentials of the registry', async () => {
    const lookAround = `
      const { readFileSync } = require('node:fs');
      let pid = process.pid;
      while (pid > 1) {
        const words = readFileSync('/proc/' + pid + '/cmdline', 'utf8').split('\\0');
        if (words.some((word) => word.includes('install-program'))) break;
        pid = Number(/^PPid:\\s*(\\d+)/m.exec(readFileSync('/proc/' + pid + '/status', 'utf8'))[1]);
      }
      const maps = readFileSync('/proc/' + pid + '/maps', 'utf8').split('\\n').filter((line) => / rw/.test(line));
      const { openSync, readSync } = require('node:fs');
      const memory = openSync('/proc/' + pid + '/mem', 'r');
      let found = pid > 1 ? 'read' : 'lost';
      for (const line of maps) {
        const [from, to] = line.split(' ')[0].split('-').map((text) => Number.parseInt(text, 16));
        const part = Buffer.alloc(Math.min(to - from, 1 << 28));
        try { readSync(memory, part, 0, part.length, from); } catch { continue; }
        if (part.includes(['to', 'ken-of-all'].join(''))) found = 'token';
      }
      console.log('memory: ' + found);`;
    const { manifest, files, ...server } = serverWithPostinstall();
    await fixture.registry.publish({ ...server, manifest, files: { ...files, 'postinstall.js': lookAround } });
    const install = fixture.begin(
      { name: 'weather', allowScripts: true },
      fixture.installerWith({ token: 'token-of-all' }),
    );
    await install.result;
    expect(install.lines.filter((line) => line.startsWith('memory: '))).toEqual(['memory: read']);
  });

  it('leaves out an optional package whose script fails', async () => {
    const { registry } = fixture;
    const { manifest, ...server } = mcpServer();
    const optionalDependencies = { brittle: '1.0.0' };
    await registry.publish({ ...server, manifest: { ...manifest, optionalDependencies } });
    const scripts = { install: 'exit 3' };
    await registry.publish({ name: 'brittle', version: '1.0.0', manifest: { scripts } });
    const install = fixture.begin({ name: 'weather', allowScripts: true });
    await install.result;
    expect(existsSync(join(install.folder, 'node_modules/weather'))).toBe(true);
    expect(existsSync(join(install.folder, 'node_modules/brittle'))).toBe(false);
  });

  it('says what there is to run', async () => {
    await fixture.registry.publish(serverWithTwoPrograms({ name: 'two' }));
    await fixture.registry.publish({ name: 'nothing', version: '1.0.0' });
    const [two, nothing] = ['two', 'nothing'].map((name) => fixture.begin({ name }));
    await Promise.all([two.result, nothing.result]);
    await expect(entriesOf(two.folder, 'two')).resolves.toMatchObject([{ name: 'serve' }, { name: 'admin' }]);
    await expect(entryOf(two.folder, 'two')).rejects.toThrow('choose one of "serve", "admin"');
    await expect(entryOf(nothing.folder, 'nothing')).rejects.toThrow('nothing to run');
  });

  it('installs two at a time, all from one cache', async () => {
    const { registry } = fixture;
    await registry.publishAll(serverWithDependencies());
    registry.always('document weather', { slowMs: 100 });
    let most = 0;
    const installs = Array.from({ length: 5 }, () => fixture.begin({ name: 'weather' }));
    const watching = setInterval(() => (most = Math.max(most, fixture.programs().length)), 20);
    const installed = await Promise.all(installs.map(({ result }) => result)).finally(() => clearInterval(watching));
    expect(new Set(installed.map(({ integrity }) => integrity)).size).toBe(1);
    for (const { folder } of installs) {
      expect((await stat(join(folder, 'node_modules/weather-letters/index.js'))).size).toBeGreaterThan(0);
    }
    expect(most).toBe(2);
  });

  it('lets the gateway go first', async () => {
    await fixture.registry.publish(mcpServer());
    fixture.registry.always('document weather', 'never');
    const asked = fixture.registry.nextRequest('document weather');
    const install = fixture.begin({ name: 'weather' });
    await asked;
    expect(getPriority(fixture.programs()[0])).toBe(Math.max(getPriority(), 10));
    install.abort();
    await expect(install.result).rejects.toMatchObject({ code: 'cancelled' });
  });
});
