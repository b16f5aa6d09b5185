import { spawnSync } from 'node:child_process';
import { TestOrigin } from '@manifold/egress/testing';
import { possibleModes } from '@manifold/launcher/testing';
import { mcpServer, NpmRegistrySimulator } from '../../../test/simulators/npm-registry/index.js';
import { PythonIndex, sourceDistribution, wheel } from '../../../test/simulators/python-index/index.js';
import { cites } from '../../../test/support/cite.js';
import { NpmFixture } from '../testing/src/npm-fixture.js';
import { PythonFixture } from '../testing/src/python-fixture.js';

/** A registry at a private address, which is not the operator's. */
const PRIVATE = { environment: 'production' } as const;
const ALLOWED = { ...PRIVATE, allow: '127.0.0.1' };

describe('An install of npm', () => {
  let elsewhere: NpmRegistrySimulator;
  /** The registry of the operator, which sends npm elsewhere for files. */
  let registry: TestOrigin;

  beforeEach(async () => {
    elsewhere = await NpmRegistrySimulator.start();
    await elsewhere.publish(mcpServer());
    registry = await TestOrigin.start(({ url = '' }, response) => {
      const there = elsewhere.url + url;
      if (url.endsWith('.tgz')) return response.writeHead(302, { location: there }).end();
      void fetch(there)
        .then((answer) => answer.text())
        .then((document) => response.end(document.replaceAll(elsewhere.url, registry.url)));
    });
  });
  afterEach(async () => {
    await registry.stop();
    await elsewhere.stop();
  });

  async function install(egress: { readonly environment: 'production'; readonly allow?: string }): Promise<unknown> {
    const fixture = await NpmFixture.start({ registry: registry.url, timeoutMs: 3_600_000 }, {}, egress);
    try {
      return await fixture.begin({ name: 'weather' }).result.catch((error: unknown) => error);
    } finally {
      await fixture.stop();
    }
  }

  it('reaches the registry of the operator, and no other private address', async () => {
    expect(await install(PRIVATE)).toMatchObject({
      name: 'InstallError',
      code: 'registry_unreachable',
      message: expect.stringMatching(/The address of 127\.0\.0\.1:\d+ is not public, and EGRESS_ALLOW/),
    });
    expect(elsewhere.requestsTo('tarball weather')).toEqual([]);
  });

  it('reaches the private addresses that EGRESS_ALLOW names', async () => {
    expect(await install(ALLOWED)).toMatchObject({ name: 'weather', version: '1.0.0' });
    expect(elsewhere.requestsTo('tarball weather')).toHaveLength(1);
  });
});

describe('An install of pip', () => {
  /** Only the limit of the test counts. */
  const how = { timeoutMs: 3_600_000 };
  let elsewhere: PythonIndex;
  let fixture: PythonFixture;

  beforeEach(async () => {
    elsewhere = await PythonIndex.start();
    elsewhere.add(wheel({ name: 'there', version: '1.0' }));
  });
  afterEach(async () => {
    await fixture.close();
    await elsewhere.stop();
  });

  const refused = { code: 'registry_unreachable', message: expect.stringContaining('EGRESS_ALLOW') };

  it(cites('egress.installs', 'reaches the index of the operator at a private address'), async () => {
    fixture = await PythonFixture.open({}, PRIVATE);
    fixture.index.add(wheel({ name: 'here', version: '1.0' }));
    expect(await fixture.install({ name: 'here' }, how)).toMatchObject({ version: '1.0' });
  });

  it('reaches no index at a private address that a request names', async () => {
    fixture = await PythonFixture.open({}, PRIVATE);
    const wanted = { name: 'there', indexUrl: elsewhere.url };
    await expect(fixture.install(wanted, how)).rejects.toMatchObject(refused);
    expect(elsewhere.requests).toEqual([]);
  });

  it('asks no such index for the newest version either', async () => {
    fixture = await PythonFixture.open({}, PRIVATE);
    const wanted = { name: 'there', indexUrl: elsewhere.url, tenant: 'default', allowScripts: false };
    const { signal } = new AbortController();
    await expect(fixture.installer(how).latestVersion(wanted, signal)).rejects.toMatchObject(refused);
    expect(elsewhere.requests).toEqual([]);
  });

  it('reaches an index at a private address that EGRESS_ALLOW names', async () => {
    fixture = await PythonFixture.open({}, ALLOWED);
    const installed = await fixture.install({ name: 'there', indexUrl: elsewhere.url }, how);
    expect(installed).toMatchObject({ version: '1.0' });
  });
});

/** Other users can run it, unlike one in the home of root. */
const PYTHON = '/usr/bin/python3';
const canBuild = spawnSync(PYTHON, ['-c', 'import ensurepip, venv'], { env: {} }).status === 0;
const inSandbox = possibleModes.includes('bubblewrap') && canBuild ? it : it.skip;

inSandbox('A package that pip builds in a sandbox reaches no private address, with or without the proxy', async () => {
  const canary = await TestOrigin.start((_request, response) => response.end('reached'));
  const fixture = await PythonFixture.open({ SERVER_SANDBOX: 'bubblewrap' }, PRIVATE);
  try {
    const attempts = `
import socket, urllib.request
try: socket.create_connection(('127.0.0.1', ${canary.port}), 5)
except OSError: pass
try: urllib.request.urlopen('${canary.url}')
except OSError: pass
`;
    fixture.index.add(sourceDistribution('built', '1.0', '/dev/null', attempts));
    const built = await fixture.install(
      { tenant: 'acme', name: 'built', allowScripts: true },
      { bin: PYTHON, timeoutMs: 3_600_000 },
    );
    expect(built.version).toBe('1.0');
    expect(canary.connections).toBe(0);
  } finally {
    await fixture.close();
    await canary.stop();
  }
});
