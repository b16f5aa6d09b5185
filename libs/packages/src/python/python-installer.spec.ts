import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { mcpModule, PythonIndex, wheel } from '../../../../test/simulators/python-index/index.js';
import { PythonFixture } from '../../testing/src/python-fixture.js';
import { RecordedProgress } from '../../testing/src/recorded-progress.js';
import { installedVersion } from './site-packages.js';

const demo = (version: string) =>
  wheel({ name: 'Demo-Server', version, files: { 'demo_server.py': mcpModule(version) }, requiresPython: '>=3.8' });

/** Real environments, a real pip, and an index on loopback. */
describe('PythonInstaller', () => {
  let fixture: PythonFixture;
  const clients: Client[] = [];

  beforeAll(async () => {
    fixture = await PythonFixture.open();
    fixture.index.add(demo('1.0.0'), demo('1.1.0'), demo('2.0.0rc1'));
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await fixture.close();
  });

  const start = async (folder: string, module = 'demo_server') => {
    const client = new Client({ name: 'test', version: '1' });
    clients.push(client);
    await client.connect(new StdioClientTransport({ command: join(folder, 'bin', 'python'), args: ['-m', module] }));
    return client;
  };
  const ask = async (client: Client, name: string, args = {}) => {
    const { content } = await client.callTool({ name, arguments: args });
    return (content as { text: string }[])[0].text;
  };

  it('installs the newest release, and its module runs over stdio', async () => {
    const { folder, ...installed } = await fixture.install({ name: 'demo-server' });
    expect(installed).toEqual({ name: 'demo-server', version: '1.1.0', python: expect.stringMatching(/^3\.\d+\.\d+/) });
    expect(await ask(await start(folder), 'version')).toBe('1.1.0');
  });

  it.each([
    ['1.0.0', '1.0.0'],
    ['>=1, <1.1', '1.0.0'],
    ['latest', '1.1.0'],
    ['2.0.0rc1', '2.0.0rc1'],
  ])('installs version "%s"', async (version, installed) => {
    const { folder } = await fixture.install({ name: 'demo.server', version });
    expect(await installedVersion(folder, 'demo_server')).toBe(installed);
  });

  it('upgrades in another folder while the old version goes on running', async () => {
    const old = await fixture.install({ name: 'demo-server', version: '1.0.0' });
    const running = await start(old.folder);
    const upgraded = await fixture.install({ name: 'demo-server' });
    expect(await ask(running, 'version')).toBe('1.0.0');
    expect(await ask(await start(upgraded.folder), 'version')).toBe('1.1.0');
    expect(await installedVersion(old.folder, 'demo-server')).toBe('1.0.0');
  });

  it('installs what the package needs and what was asked for besides', async () => {
    fixture.index.add(
      wheel({ name: 'needs', version: '1', files: { 'needs.py': mcpModule('1') }, requires: ['Needed>=2'] }),
      wheel({ name: 'needed', version: '2', files: { 'needed.py': '' } }),
      wheel({ name: 'besides', version: '1', files: { 'besides_one.py': '' } }),
      wheel({ name: 'besides', version: '2', files: { 'besides_two.py': '' } }),
    );
    const { folder } = await fixture.install({ name: 'needs', dependencies: ['besides < 2'] });
    const of = ['needed', 'besides_one', 'besides_two'];
    expect(await ask(await start(folder, 'needs'), 'packages', { of })).toBe('needed besides_one');
  });

  it('finds a package on the extra index, and on one that knows only HTML', async () => {
    const extra = await PythonIndex.start({ html: true });
    extra.add(wheel({ name: 'only-there', version: '3', requires: ['demo-server'], requiresPython: '>=3.8' }));
    try {
      const { folder, version } = await fixture.install({ name: 'only-there', extraIndexUrl: extra.url });
      expect(version).toBe('3');
      expect(await installedVersion(folder, 'demo-server')).toBe('1.1.0');
      const asOperatorSays = await fixture.install({ name: 'only-there' }, { extraIndexUrl: extra.url });
      expect(asOperatorSays.version).toBe('3');
    } finally {
      await extra.stop();
    }
  });

  it("asks the request's index in place of the operator's", async () => {
    const own = await PythonIndex.start();
    own.add(demo('9.0.0'));
    try {
      expect(await fixture.install({ name: 'demo-server', indexUrl: own.url })).toMatchObject({ version: '9.0.0' });
    } finally {
      await own.stop();
    }
  });

  it('tells its steps, never falling, and what pip says', async () => {
    const progress = new RecordedProgress();
    await fixture
      .installer()
      .install({ tenant: 'default', name: 'demo-server', allowScripts: false }, fixture.newFolder(), progress);
    const percents = progress.steps.map(([percent]) => percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(progress.steps.at(-1)).toEqual([100, 'installed demo-server 1.1.0']);
    expect(progress.steps.map(([, step]) => step)).toContain('collecting demo-server');
    expect(progress.lines).toContain('Installing collected packages: demo-server');
  });

  it('leaves nothing behind but the environment', async () => {
    const { folder } = await fixture.install({ name: 'demo-server' });
    const environment = ['bin', 'include', 'lib', 'lib64', 'pyvenv.cfg', '.gitignore'];
    expect((await readdir(folder)).filter((entry) => !environment.includes(entry))).toEqual([]);
  });

  it('runs at most two installs at a time', async () => {
    const names = ['one', 'two', 'three'].map((name) => `held-${name}`);
    for (const name of names) fixture.index.behave(`/simple/${name}/`, 'never');
    const installer = fixture.installer();
    const ends = names.map(() => new AbortController());
    const runs = names.map((name, at) => {
      const progress = new RecordedProgress(ends[at].signal);
      const run = installer.install({ tenant: 'default', name, allowScripts: false }, fixture.newFolder(), progress);
      run.catch(() => undefined);
      return { progress, run };
    });
    await Promise.all(names.slice(0, 2).map((name) => fixture.index.asked(`/simple/${name}/`)));
    expect(runs[2].progress.steps).toEqual([[0, 'waiting for other installs']]);
    const third = fixture.index.asked('/simple/held-three/');
    ends[0].abort();
    await third;
    ends[1].abort();
    ends[2].abort();
    for (const { run } of runs) await expect(run).rejects.toMatchObject({ code: 'cancelled' });
  });
});
