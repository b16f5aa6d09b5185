import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  exitingServer,
  mcpServer,
  noServer,
  NpmRegistrySimulator,
  serverWithPostinstall,
  serverWithTwoPrograms,
  silentServer,
} from '../simulators/npm-registry/index.js';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { PackagesClient } from '../support/packages-client.js';
import { commandLine } from '../support/process-tree.js';
import { itOnOne } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';

describe('Installed npm packages', () => {
  let registry: NpmRegistrySimulator;
  let gateway: GatewayProcess;
  let rest: RestClient;
  let packages: PackagesClient;

  beforeAll(async () => {
    registry = await NpmRegistrySimulator.start();
    gateway = await GatewayProcess.start({ env: { NPM_REGISTRY: registry.url, PARENT_SECRET: 'of-the-gateway' } });
    rest = new RestClient(gateway.url);
    packages = new PackagesClient(rest);
  });
  afterEach(() => registry.behave());
  afterAll(async () => {
    await gateway?.dispose();
    await registry?.stop();
  });

  const npmDir = (): string => join(gateway.dataDir, 'packages/npm');
  const foldersOf = (server: string): string[] =>
    existsSync(npmDir()) ? readdirSync(npmDir()).filter((folder) => folder.startsWith(`${server}~`)) : [];
  const processesOf = (server: string): string[] =>
    gateway
      .children()
      .map(commandLine)
      .filter((line) => line.includes(`/${server}~`));
  const forecast = async (serverName: string, methodName = 'forecast'): Promise<string> => {
    const { status, body } = await rest.callTool({ serverName, methodName, args: { city: 'Bern' } });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return textOf(body.data);
  };

  itOnOne(
    cites(
      'packages.install',
      'packages.list',
      'installs a package in its resolved version, and its tools can be called',
    ),
    async () => {
      const { integrity } = await registry.publish(mcpServer({ name: '@acme/weather', version: '1.2.3' }));
      const answer = await packages.install({ name: '@acme/weather', serverName: 'weather', version: '^1.0.0' });

      expect(answer).toMatchObject({
        status: 200,
        body: {
          success: true,
          package: {
            name: '@acme/weather',
            version: '1.2.3',
            integrity,
            status: 'installed',
            mcpServerId: 'weather',
            enabled: true,
            runtime: 'node',
          },
          server: { name: 'weather', status: 'connected', command: 'node', toolsList: [{ name: 'forecast' }] },
        },
      });
      expect(existsSync(answer.body.package!.installPath)).toBe(true);
      expect(await forecast('weather')).toContain('Bern');
      const listed = (await packages.list()).body.packages;
      expect(listed).toEqual([expect.objectContaining({ name: '@acme/weather', version: '1.2.3' })]);
      const byName = await rest.request('GET', '/packages/by-name/@acme%2Fweather');
      const byId = await rest.request('GET', '/packages/by-id/weather');
      expect([byName.body, byId.body]).toEqual([byId.body, { success: true, package: listed[0] }]);
    },
  );

  it(
    cites('packages.shared-apart', 'two servers run one package, and one of them goes without the other'),
    async () => {
      await registry.publish(mcpServer({ name: 'shared' }));
      await Promise.all(['one', 'two'].map((serverName) => packages.install({ name: 'shared', serverName })));
      expect(await packages.remove('one')).toMatchObject({ status: 200, body: { success: true } });

      expect(await forecast('two')).toContain('Bern');
      expect((await rest.server('one')).status).toBe(404);
      expect((await packages.install({ name: 'shared', serverName: 'one' })).body).toMatchObject({
        server: { status: 'connected' },
      });
      expect((await packages.remove('shared')).body).toMatchObject({ code: 'package_ambiguous' });
    },
  );

  itOnOne(cites('packages.installed-once', 'refuses a second install for a server, which harms nothing'), async () => {
    await registry.publish(mcpServer({ name: 'once' }));
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => packages.install({ name: 'once', serverName: 'once' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    const again = await packages.install({ name: 'once', serverName: 'once' });
    expect(again).toMatchObject({ status: 409, body: { code: 'server_already_exists' } });
    expect(await forecast('once')).toContain('Bern');
    expect(foldersOf('once')).toHaveLength(1);
  });

  it(cites('packages.program', 'starts a shell launcher, and shows that the package is deprecated'), async () => {
    const { manifest, files, ...server } = mcpServer({ name: 'launched' });
    const launcher = '#!/bin/sh\nexec node --no-warnings "$(dirname "$0")/index.js" "$@"\n';
    await registry.publish({
      ...server,
      manifest: { ...manifest, bin: 'launch' },
      files: { ...files, launch: launcher },
    });
    registry.deprecate('launched', '1.0.0', 'use launched-next');
    expect(await packages.install({ name: 'launched', serverName: 'launched' })).toMatchObject({
      status: 200,
      body: { package: { deprecated: 'use launched-next' }, server: { status: 'connected', command: 'sh' } },
    });
    expect(await forecast('launched')).toContain('Bern');
  });

  itOnOne(cites('packages.delete', 'leaves no file and no process, whichever of the two is deleted'), async () => {
    await registry.publish(mcpServer({ name: 'leaving' }));
    for (const remove of [() => packages.remove('leaving'), () => rest.remove('leaving')]) {
      await packages.install({ name: 'leaving', serverName: 'leaving' });
      expect([foldersOf('leaving').length, processesOf('leaving').length]).toEqual([1, 1]);
      expect(await remove()).toMatchObject({ status: 200 });
      expect([foldersOf('leaving'), processesOf('leaving')]).toEqual([[], []]);
      expect((await rest.server('leaving')).status).toBe(404);
      expect((await packages.get('leaving')).status).toBe(404);
    }
  });

  it(cites('packages.updates', 'tells of a newer version at once, and only then'), async () => {
    await registry.publish(mcpServer({ name: 'dated', version: '1.0.0' }));
    await packages.install({ name: 'dated', serverName: 'dated' });
    expect((await packages.updates('dated')).body.updates).toEqual([
      { serverName: 'dated', currentVersion: '1.0.0', latestVersion: '1.0.0', updateAvailable: false },
    ]);
    await registry.publish(mcpServer({ name: 'dated', version: '1.1.0' }));
    expect((await packages.get('dated', true)).body.package).toMatchObject({
      version: '1.0.0',
      latestVersion: '1.1.0',
      updateAvailable: true,
    });
    registry.always('document dated', { status: 500 });
    expect((await packages.updates('dated')).body.updates).toEqual([
      expect.objectContaining({ latestVersion: '1.1.0', error: expect.stringContaining('500') }),
    ]);
  });

  itOnOne(cites('packages.upgrade', 'upgrades a server while calls run, and no call fails'), async () => {
    await registry.publish(mcpServer({ name: 'busy', version: '1.0.0' }));
    await packages.install({ name: 'busy', serverName: 'busy' });
    await registry.publish(mcpServer({ name: 'busy', version: '2.0.0', tools: ['forecast', 'warnings'] }));
    const [before] = foldersOf('busy');

    let isUpgrading = true;
    const answers: string[] = [];
    const callOn = async (): Promise<void> => {
      while (isUpgrading) answers.push(await forecast('busy'));
    };
    const callers = Promise.all([callOn(), callOn(), callOn(), callOn()]);
    const upgrade = await packages.upgrade('busy');
    isUpgrading = false;
    await callers;

    expect(upgrade).toMatchObject({
      status: 200,
      body: {
        package: { version: '2.0.0', status: 'installed', lastUpgraded: expect.any(String) },
        server: { status: 'connected', toolsList: [{ name: 'forecast' }, { name: 'warnings' }] },
      },
    });
    expect(answers.length).toBeGreaterThan(4);
    expect(answers.every((answer) => answer.includes('Bern'))).toBe(true);
    expect(await forecast('busy', 'warnings')).toContain('Bern');
    await eventually('the old version is gone', () => !foldersOf('busy').includes(before!));
    expect(processesOf('busy')).toHaveLength(1);
  });

  itOnOne.each([
    ['exits at once', exitingServer],
    ['is no MCP server', noServer],
  ])(cites('packages.rollback', 'keeps the old version running when the new one %s'), async (_how, broken) => {
    const name = `fragile-${broken.name.toLowerCase()}`;
    await registry.publish(mcpServer({ name, version: '1.0.0' }));
    await packages.install({ name, serverName: name });
    const [pid] = processesOf(name);
    await registry.publish(broken({ name, version: '2.0.0' }));

    const answer = await packages.upgrade(name);
    expect(answer).toMatchObject({ status: 422, body: { success: false, code: 'upgrade_failed' } });
    expect(answer.body.error).toMatch(/2\.0\.0 did not start, so version 1\.0\.0 stays in use/);
    expect((await packages.get(name)).body.package).toMatchObject({ version: '1.0.0', status: 'installed' });
    expect(processesOf(name)).toEqual([pid]);
    expect(await forecast(name)).toContain('Bern');
    expect(foldersOf(name)).toHaveLength(1);
  });

  it(cites('packages.upgrade', 'upgrades to a version that is named, and back'), async () => {
    await registry.publish(mcpServer({ name: 'named', version: '1.0.0', tools: ['first'] }));
    await registry.publish(mcpServer({ name: 'named', version: '2.0.0', tools: ['second'] }));
    await packages.install({ name: 'named', serverName: 'named', args: ['--verbose'] });
    expect((await packages.upgrade('named', '1.0.0')).body).toMatchObject({ package: { version: '1.0.0' } });
    expect(await forecast('named', 'first')).toContain('Bern');
    expect((await packages.upgrade('named')).body).toMatchObject({
      package: { version: '2.0.0' },
      server: { args: [expect.stringContaining('/named~'), '--verbose'] },
    });
    expect(await packages.upgrade('named', '9.9.9')).toMatchObject({
      status: 422,
      body: { code: 'version_not_found' },
    });
  });

  it(cites('packages.upgrade-all', 'upgrades all, and says which could not be'), async () => {
    const names = ['all-a', 'all-b', 'all-c'];
    for (const name of names) {
      await registry.publish(mcpServer({ name, version: '1.0.0' }));
      await packages.install({ name, serverName: name });
    }
    await registry.publish(mcpServer({ name: 'all-a', version: '1.1.0' }));
    await registry.publish(exitingServer({ name: 'all-b', version: '1.1.0' }));
    const { body } = await rest.request<{ results: { serverName: string; success: boolean; error?: string }[] }>(
      'PUT',
      '/packages/upgrade-all',
    );
    expect(body.results.filter(({ serverName }) => names.includes(serverName))).toEqual([
      { serverName: 'all-a', success: true },
      { serverName: 'all-b', success: false, error: expect.stringContaining('stays in use') },
      { serverName: 'all-c', success: true },
    ]);
  });

  it(cites('packages.failed-install', 'leaves nothing of an install that failed, and a retry works'), async () => {
    await registry.publish(mcpServer({ name: 'unlucky' }));
    registry.always('tarball unlucky', { status: 404 });
    const failed = await packages.install({ name: 'unlucky', serverName: 'unlucky' });
    expect(failed.status).toBeGreaterThanOrEqual(400);
    expect(failed.body).toMatchObject({ success: false, code: expect.any(String) });
    expect(foldersOf('unlucky')).toEqual([]);
    expect((await rest.server('unlucky')).status).toBe(404);
    registry.behave();
    expect((await packages.install({ name: 'unlucky', serverName: 'unlucky' })).status).toBe(200);
    expect(await packages.install({ name: 'never-published', serverName: 'never' })).toMatchObject({
      status: 422,
      body: { code: 'package_not_found' },
    });
  });

  it(cites('packages.no-server', 'installs a package that is no MCP server, with what it said as reason'), async () => {
    await registry.publish(exitingServer({ name: 'leaver' }));
    const { status, body } = await packages.install({ name: 'leaver', serverName: 'leaver' });
    expect(status).toBe(200);
    expect(body.server).toMatchObject({ status: 'error', lastError: expect.any(String) });
    expect(body.warning).toBe(`Server leaver does not run: ${body.server!.lastError}`);
    expect(body.server!.logs!.length).toBeGreaterThan(0);
    await packages.remove('leaver');
  });

  it(cites('packages.jobs', 'works in the background for those who prefer it, and tells how it goes'), async () => {
    await registry.publish(mcpServer({ name: 'slow' }));
    registry.next('tarball slow', { slowMs: 300 });
    const accepted = await packages.installAsync({ name: 'slow', serverName: 'slow' });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('preference-applied')).toBe('respond-async');
    const job = accepted.headers.get('location')!;
    expect(job).toBe(`/packages/jobs/${accepted.body.job.id}`);

    const events = await packages.events(job);
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { status: 'succeeded', result: { success: true } } });
    const percents = events.flatMap(({ event, data }) => (event === 'progress' ? [data.percent as number] : []));
    expect(percents.at(-1)).toBe(100);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect((await rest.request('GET', job)).body).toMatchObject({ job: { status: 'succeeded', percent: 100 } });
    expect(await forecast('slow')).toContain('Bern');
  });

  it(cites('packages.jobs', 'cancels work, which leaves nothing'), async () => {
    await registry.publish(mcpServer({ name: 'stuck' }));
    registry.next('tarball stuck', 'never');
    const asked = registry.nextRequest('tarball stuck');
    const { body } = await packages.installAsync({ name: 'stuck', serverName: 'stuck' });
    await asked;
    await rest.request('DELETE', `/packages/jobs/${body.job.id}`);
    const job = await eventually('the job has ended', async () => {
      const answer = await rest.request<{ job: { status: string } }>('GET', `/packages/jobs/${body.job.id}`);
      return answer.body.job.status !== 'running' && answer.body.job;
    });
    expect(job).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
    expect(foldersOf('stuck')).toEqual([]);
  });

  it(cites('packages.scripts', 'runs install scripts only where they are allowed, without secrets'), async () => {
    await registry.publish(serverWithPostinstall({ name: 'scripted' }));
    const ranIn = (path: string): boolean => existsSync(join(path, 'node_modules/scripted/postinstall-ran'));
    const quiet = await packages.install({ name: 'scripted', serverName: 'quiet' });
    expect(ranIn(quiet.body.package!.installPath)).toBe(false);
    const loud = await packages.install({ name: 'scripted', serverName: 'loud', allowScripts: true });
    expect(ranIn(loud.body.package!.installPath)).toBe(true);
    const jobs = await rest.request<{ jobs: { log: string[] }[] }>('GET', '/packages/jobs');
    const log = jobs.body.jobs[0]!.log.join('\n');
    expect(log).toContain('PATH');
    expect(log).not.toMatch(/PARENT_SECRET|of-the-gateway|SECRETS_KEY/);
  });

  it(cites('packages.minimal-environment', 'runs servers without what the gateway knows'), async () => {
    await registry.publish(mcpServer({ name: 'nosy' }));
    await packages.install({ name: 'nosy', serverName: 'nosy', env: { GIVEN: 'yes' } });
    const [line] = gateway.children().filter((pid) => commandLine(pid).includes('/nosy~'));
    const environ = readFileSync(`/proc/${line}/environ`, 'utf8');
    expect(environ).toContain('GIVEN=yes');
    expect(environ).not.toMatch(/PARENT_SECRET|NPM_REGISTRY|DATA_DIR/);
  });

  it(cites('packages.program', 'runs the program of a package that is asked for, and lists the choices'), async () => {
    await registry.publish(serverWithTwoPrograms({ name: 'several' }));
    const vague = await packages.install({ name: 'several', serverName: 'several' });
    expect(vague).toMatchObject({ status: 422, body: { code: 'no_entry' } });
    expect(vague.body.error).toMatch(/"serve", "admin"/);
    const { body } = await packages.install({ name: 'several', serverName: 'several', command: 'serve' });
    expect(body.server).toMatchObject({ status: 'connected' });
  });

  it.each([
    [{ name: ';id' }, '/name'],
    [{ name: '--registry=http://evil.example' }, '/name'],
    [{ name: 'git+https://evil.example/x.git' }, '/name'],
    [{ name: 'http://evil.example/x.tgz' }, '/name'],
    [{ name: 'file:../..' }, '/name'],
    [{ name: '.' }, '/name'],
    [{ name: '..' }, '/name'],
    [{ name: '@/x' }, '/name'],
    [{ name: 'x'.repeat(300) }, '/name'],
    [{ name: { $ne: null } }, '/name'],
    [{ name: 'ok', version: '1.0.0; touch /tmp/x' }, '/version'],
    [{ name: 'ok', version: 'http://evil.example/x.tgz' }, '/version'],
    [{ name: 'ok', version: 'npm:evil@1' }, '/version'],
    [{ name: 'ok', version: '' }, '/version'],
    [{ name: 'ok', serverName: '../x' }, '/serverName'],
    [{ name: 'ok', transportType: 'streamable_http' }, '/url'],
    [{ name: '@ok/-', serverName: undefined }, '/serverName'],
    [{ name: 'ok', allowScripts: 'yes' }, '/allowScripts'],
  ])(cites('packages.bad-input', 'refuses %j, and nothing is asked or written'), async (fields, pointer) => {
    registry.clearRequests();
    const { status, body } = await packages.install({ serverName: 'bad', ...fields } as never);
    expect({ status, body }).toMatchObject({ status: 400, body: { errors: [expect.objectContaining({ pointer })] } });
    expect(registry.counts.total).toBe(0);
    expect(foldersOf('bad')).toEqual([]);
  });

  itOnOne.each([
    ['GET', '/packages/by-name/nothing'],
    ['GET', '/packages/by-id/nothing'],
    ['GET', '/packages/updates?name=nothing'],
    ['PUT', '/packages/nothing/upgrade'],
    ['PUT', '/packages/nothing/enable'],
    ['PUT', '/packages/nothing/disable'],
    ['DELETE', '/packages/nothing'],
    ['DELETE', '/packages/.'],
    ['GET', '/packages/jobs/nothing'],
    ['GET', '/packages/jobs/nothing/events'],
  ])(cites('packages.unknown-404', '%s %s is answered 404'), async (method, path) => {
    expect(await rest.request(method, path)).toMatchObject({ status: 404, body: { success: false } });
    expect(existsSync(npmDir())).toBe(true);
  });

  itOnOne(cites('packages.enable', 'stops and starts the server of a package'), async () => {
    await registry.publish(mcpServer({ name: 'toggled' }));
    await packages.install({ name: 'toggled', serverName: 'toggled' });
    expect((await rest.request('PUT', '/packages/toggled/disable')).body).toMatchObject({
      package: { enabled: false },
      server: { enabled: false, status: 'disconnected' },
    });
    expect(processesOf('toggled')).toEqual([]);
    await registry.publish(mcpServer({ name: 'toggled', version: '1.1.0' }));
    expect((await packages.upgrade('toggled')).body).toMatchObject({ package: { version: '1.1.0', enabled: false } });
    expect(processesOf('toggled')).toEqual([]);
    await rest.request('PUT', '/packages/toggled/enable');
    expect(await forecast('toggled')).toContain('Bern');
  });

  it(cites('packages.agents', 'tells agents of tools that come with an upgrade'), async () => {
    await registry.publish(mcpServer({ name: 'growing', version: '1.0.0' }));
    await packages.install({ name: 'growing', serverName: 'growing' });
    const { client } = await connectSdk1(gateway);
    const toolNames = async (): Promise<string[]> => (await client.listTools()).tools.map(({ name }) => name);
    try {
      expect(await toolNames()).toContain('growing_forecast');
      await registry.publish(mcpServer({ name: 'growing', version: '1.1.0', tools: ['forecast', 'storms'] }));
      await packages.upgrade('growing');
      await eventually('the new tool is listed', async () => (await toolNames()).includes('growing_storms'));
    } finally {
      await client.close();
    }
  });

  itOnOne(cites('packages.silent-upgrade', 'cancels an upgrade to a version that never answers'), async () => {
    await registry.publish(mcpServer({ name: 'quieted', version: '1.0.0' }));
    await packages.install({ name: 'quieted', serverName: 'quieted' });
    await registry.publish(silentServer({ name: 'quieted', version: '2.0.0' }));
    const accepted = await packages.upgradeAsync('quieted');
    await eventually('the new version is on trial', () => processesOf('quieted').length === 2);
    expect(await packages.upgrade('quieted')).toMatchObject({ status: 409, body: { code: 'package_busy' } });
    expect(await forecast('quieted')).toContain('Bern');
    await rest.request('DELETE', accepted.headers.get('location')!);
    await eventually('the trial is over', () => processesOf('quieted').length === 1);
    await eventually('its files are gone', () => foldersOf('quieted').length === 1);
    expect((await packages.get('quieted')).body.package).toMatchObject({ version: '1.0.0', status: 'installed' });
  });
});

describe('Packages and the life of the gateway', () => {
  let registry: NpmRegistrySimulator;
  let gateway: GatewayProcess;

  beforeEach(async () => {
    registry = await NpmRegistrySimulator.start();
    await registry.publish(mcpServer({ version: '1.0.0' }));
    await registry.publish(mcpServer({ version: '1.1.0' }));
  });
  afterEach(async () => {
    await gateway?.dispose();
    await registry.stop();
  });

  it(
    cites('packages.on-start', 'installs what INSTALL_ON_START names, once, and not again what was removed'),
    async () => {
      const env = { NPM_REGISTRY: registry.url, INSTALL_ON_START: 'weather@1.0.0|first,weather|second' };
      gateway = await GatewayProcess.start({ env });
      const rest = new RestClient(gateway.url);
      const packages = new PackagesClient(rest);
      const versions = async () =>
        (await packages.list()).body.packages.map(({ mcpServerId, version }) => [mcpServerId, version]);
      await eventually('both are installed', async () => (await versions()).length === 2);
      expect(await versions()).toEqual([
        ['first', '1.0.0'],
        ['second', '1.1.0'],
      ]);
      await eventually('the server runs', async () => (await rest.server('first')).body.server?.status === 'connected');
      await packages.remove('second');
      registry.clearRequests();
      await gateway.restart();
      await eventually('the server runs', async () => (await rest.server('first')).body.server.status === 'connected');
      expect(await versions()).toEqual([['first', '1.0.0']]);
      expect(registry.counts.total).toBe(0);
    },
  );

  itOnOne(
    cites('packages.restored', 'installs packages again whose files are missing, in the version they had'),
    async () => {
      gateway = await GatewayProcess.start({ env: { NPM_REGISTRY: registry.url, PACKAGES_DIR: '' } });
      const rest = new RestClient(gateway.url);
      const packages = new PackagesClient(rest);
      const { body } = await packages.install({ name: 'weather', version: '1.0.0', serverName: 'weather' });
      await gateway.stop();
      const { rmSync } = await import('node:fs');
      rmSync(join(gateway.dataDir, 'packages'), { recursive: true });
      await gateway.restart();
      await eventually(
        'the server runs',
        async () => (await rest.server('weather')).body.server.status === 'connected',
      );
      expect((await packages.get('weather')).body.package).toEqual(body.package);
    },
  );

  it(cites('packages.roles', 'is for operators, and for nobody without a credential'), async () => {
    gateway = await GatewayProcess.start({ env: { NODE_ENV: 'production', NPM_REGISTRY: registry.url } });
    const user = new RestClient(gateway.url, { token: await createApiKey(gateway, 'user') });
    const stranger = new RestClient(gateway.url);
    const body = { name: 'weather', serverName: 'weather' };
    for (const [method, path, sent] of [
      ['POST', '/packages/install', body],
      ['GET', '/packages'],
      ['GET', '/packages/updates'],
      ['PUT', '/packages/weather/upgrade'],
      ['PUT', '/packages/upgrade-all'],
      ['DELETE', '/packages/weather'],
      ['GET', '/packages/jobs'],
    ] as const) {
      expect([path, (await stranger.request(method, path, sent)).status]).toEqual([path, 401]);
      expect([path, (await user.request(method, path, sent)).status]).toEqual([path, 403]);
    }
    expect(registry.counts.total).toBe(0);
  });
});
