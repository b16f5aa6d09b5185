import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mcpModule, PythonIndex, wheel } from '../simulators/python-index/index.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess, REPLICAS } from '../support/gateway-process.js';
import { textOf } from '../support/mcp-clients.js';
import { PackagesClient } from '../support/packages-client.js';
import { isDone } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';

const demo = (version: string) =>
  wheel({ name: 'Demo-Server', version, files: { 'demo_server.py': mcpModule(version) }, requiresPython: '>=3.8' });

describe('Installed Python packages', () => {
  let index: PythonIndex;
  let privateUrl: string;
  let gateway: GatewayProcess;
  let rest: RestClient;
  let packages: PackagesClient;

  beforeAll(async () => {
    index = await PythonIndex.start();
    index.add(demo('1.0.0'));
    privateUrl = index.demand('reader', 'pa55word');
    gateway = await GatewayProcess.start({ env: { PIP_INDEX_URL: privateUrl, LOG_LEVEL: 'trace' } });
    rest = new RestClient(gateway.url);
    packages = new PackagesClient(rest);
  });
  afterAll(async () => {
    await gateway?.dispose();
    await index?.stop();
  });

  const environments = (): string[] =>
    gateway.dataDirs.flatMap((dataDir) => {
      const folder = join(dataDir, 'packages/python');
      return existsSync(folder) ? readdirSync(folder) : [];
    });
  const runningVersion = async (serverName: string): Promise<string> => {
    const { status, body } = await rest.callTool({ serverName, methodName: 'version', args: {} });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return textOf(body.data);
  };

  it(
    cites(
      'packages.python',
      'installs a package into an environment of its own, upgrades it while it runs, and removes both',
    ),
    async () => {
      const installed = await packages.install({
        name: 'demo-server',
        serverName: 'py',
        runtime: 'python',
        pythonModule: 'demo_server',
        pythonArgs: ['--port', '0'],
        pipIndexUrl: privateUrl,
      });
      expect(installed).toMatchObject({
        status: 200,
        body: {
          package: { name: 'demo-server', version: '1.0.0', runtime: 'python', pythonModule: 'demo_server' },
          server: { status: 'connected', args: ['-m', 'demo_server', '--port', '0'] },
        },
      });
      const { installPath, venvPath } = installed.body.package!;
      expect(venvPath).toBe(installPath);
      expect(existsSync(join(installPath, 'pyvenv.cfg'))).toBe(true);
      expect(await runningVersion('py')).toBe('1.0.0');

      index.add(demo('1.1.0'));
      expect((await packages.updates('py')).body.updates).toEqual([
        { serverName: 'py', currentVersion: '1.0.0', latestVersion: '1.1.0', updateAvailable: true },
      ]);
      let isUpgrading = true;
      const versions = new Set<string>();
      const calls = (async () => {
        while (isUpgrading) versions.add(await runningVersion('py'));
      })();
      expect((await packages.upgrade('py')).body).toMatchObject({ package: { version: '1.1.0' } });
      isUpgrading = false;
      await calls;
      expect(versions).toContain('1.0.0');
      expect(await runningVersion('py')).toBe('1.1.0');
      await eventually('the old environment is gone', () => environments().length === REPLICAS);

      rmSync((await packages.get('py')).body.package!.installPath, { recursive: true });
      await gateway.restart();
      await eventually('it was installed again', async () => {
        return (await rest.server('py')).body.server.status === 'connected';
      });
      expect(await runningVersion('py')).toBe('1.1.0');
      expect(await packages.remove('py')).toMatchObject({ status: 200 });
      await isDone('nothing of it is left', () => environments().length === 0);
    },
  );

  it(cites('packages.python', 'starts the console script of a package that is known by its name alone'), async () => {
    const files = {
      'scripted/server.py': mcpModule('1.0.0').replace("if __name__ == '__main__':", 'def main():'),
      'scripted_mcp-1.0.0.dist-info/entry_points.txt': '[console_scripts]\nserve-scripted = scripted.server:main\n',
    };
    index.add(wheel({ name: 'scripted-mcp', version: '1.0.0', files }));
    const body = { name: 'scripted-mcp', serverName: 'scripted', runtime: 'python' };
    expect(await packages.install(body)).toMatchObject({ status: 200, body: { server: { status: 'connected' } } });
    expect(await runningVersion('scripted')).toBe('1.0.0');

    rmSync((await packages.get('scripted')).body.package!.installPath, { recursive: true });
    await gateway.restart();
    await eventually('it was installed again', async () => {
      return (await rest.server('scripted')).body.server.status === 'connected';
    });
    expect(await runningVersion('scripted')).toBe('1.0.0');
    expect(await packages.remove('scripted')).toMatchObject({ status: 200 });
  });

  it(cites('packages.python-credentials', 'keeps the credentials of an index to itself'), async () => {
    await packages.install({
      name: 'demo-server',
      serverName: 'confidential',
      runtime: 'python',
      pythonModule: 'demo_server',
      pipIndexUrl: privateUrl,
    });
    const shown = await Promise.all(
      ['/packages', '/packages/jobs', '/mcp/servers', '/servers/export'].map((path) => rest.text(path)),
    );
    expect([...shown, gateway.logs()].join('\n')).not.toContain('pa55word');
    expect(index.credentials).toEqual(new Set(['reader:pa55word']));
  });

  it.each([
    [{ command: 'demo' }, '/command'],
    [{ pythonModule: undefined, command: '/bin/sh' }, '/command'],
    [{ pythonModule: 'os; import x' }, '/pythonModule'],
    [{ pythonModule: '../x' }, '/pythonModule'],
    [{ name: '--index-url=http://evil.example' }, '/name'],
    [{ name: 'demo @ http://evil.example/x.whl' }, '/name'],
    [{ version: '1.0 --pre' }, '/version'],
    [{ pipDependencies: ['-r/etc/passwd'] }, '/pipDependencies'],
    [{ pipDependencies: ['git+https://evil.example/x'] }, '/pipDependencies'],
    [{ pipIndexUrl: 'file:///etc' }, '/pipIndexUrl'],
    [{ transportType: 'streamable_http', url: 'https://example.com' }, '/transportType'],
  ])(cites('packages.bad-input', 'refuses %j, and nothing is asked or written'), async (fields, pointer) => {
    const asked = index.requests.length;
    const body = { name: 'demo-server', serverName: 'bad', runtime: 'python', pythonModule: 'demo_server', ...fields };
    expect(await packages.install(body as never)).toMatchObject({
      status: 400,
      body: { errors: [expect.objectContaining({ pointer })] },
    });
    expect(index.requests.length).toBe(asked);
    expect(environments().filter((folder) => folder.startsWith('bad'))).toEqual([]);
  });
});

describe('Python packages where there is no Python', () => {
  it(cites('packages.python-missing', 'says what to do'), async () => {
    const gateway = await GatewayProcess.start({ env: { PYTHON_BIN: '/nowhere/python3' } });
    try {
      const packages = new PackagesClient(new RestClient(gateway.url));
      const body = { name: 'demo-server', serverName: 'py', runtime: 'python', pythonModule: 'demo_server' };
      const answer = await packages.install(body);
      expect(answer).toMatchObject({ status: 503, body: { code: 'python_not_found' } });
      expect(answer.body.error).toContain('PYTHON_BIN');
    } finally {
      await gateway.dispose();
    }
  });
});
