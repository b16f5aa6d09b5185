import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { wheel } from '../../../../test/simulators/python-index/index.js';
import { PythonFixture } from '../../testing/src/python-fixture.js';
import { RecordedProgress } from '../../testing/src/recorded-progress.js';
import { PackageNotAllowedError } from '../model/package-grammar.js';

const packages = [
  wheel({ name: 'demo', version: '1.0' }),
  wheel({ name: 'demo', version: '1.1' }),
  wheel({ name: 'of-tomorrow', version: '1.0', requiresPython: '>=3.99' }),
  wheel({ name: 'of-windows', version: '1.0', tag: 'cp311-cp311-win_amd64' }),
  wheel({ name: 'lacks', version: '1.0', requires: ['not-there'] }),
  wheel({ name: 'contradicts', version: '1.0', requires: ['demo==1.0'] }),
  wheel({ name: 'broken-file', version: '1.0' }),
  wheel({ name: 'cut-file', version: '1.0' }),
  wheel({ name: 'gone-file', version: '1.0' }),
];

describe('PythonInstaller and an index that does not have or give what was asked for', () => {
  let fixture: PythonFixture;

  beforeAll(async () => {
    fixture = await PythonFixture.open();
    const { index } = fixture;
    index.add(...packages);
    index.behave('/simple/failing/', { status: 500 });
    index.behave('/simple/forbidden/', { status: 403 });
    index.behave('/files/broken_file-1.0-py3-none-any.whl', { status: 503 });
    index.behave('/files/cut_file-1.0-py3-none-any.whl', 'cut');
    index.behave('/files/gone_file-1.0-py3-none-any.whl', { status: 404 });
  });
  afterAll(() => fixture.close());

  it.each([
    [{ name: 'Unknown.Thing' }, 'package_not_found', 'The package index has no "unknown-thing"'],
    [{ name: 'demo', version: '7' }, 'version_not_found', 'The package index has no "demo==7"; it has 1.0, 1.1'],
    [{ name: 'demo', version: '>1.1' }, 'version_not_found', 'The package index has no "demo>1.1"; it has 1.0, 1.1'],
    [{ name: 'of-tomorrow' }, 'python_too_old', '"of-tomorrow" needs Python >=3.99, and this is Python 3'],
    [{ name: 'of-tomorrow', version: '1.0' }, 'python_too_old', '"of-tomorrow==1.0" needs Python >=3.99'],
    [{ name: 'of-windows' }, 'no_wheel', '"of-windows" has no wheel for this platform and Python 3'],
    [{ name: 'lacks' }, 'package_not_found', 'The package index has no "not-there"'],
    [{ name: 'contradicts', dependencies: ['demo==1.1'] }, 'install_failed', 'pip failed: Cannot install'],
    [{ name: 'failing' }, 'registry_unreachable', 'The package index gave no information about "failing": HTTP 500'],
    [
      { name: 'forbidden' },
      'registry_unreachable',
      'The package index gave no information about "forbidden": HTTP 403',
    ],
    [{ name: 'broken-file' }, 'registry_unreachable', 'The package index interrupted or refused a download'],
    [{ name: 'gone-file' }, 'install_failed', 'pip failed: Could not install requirement gone-file'],
  ])('%j: %s', async (wanted, code, message) => {
    const fault = { name: 'InstallError', code, message: expect.stringContaining(message) };
    await expect(fixture.install(wanted)).rejects.toMatchObject(fault);
  });

  it('takes a file that ends in the middle for no package, whatever the version of pip says', async () => {
    await expect(fixture.install({ name: 'cut-file' })).rejects.toMatchObject({
      code: expect.stringMatching(/^(integrity_mismatch|registry_unreachable)$/),
    });
  });

  it('says when nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const fault = {
      code: 'registry_unreachable',
      message: expect.stringContaining(`Cannot connect to 127.0.0.1:${port}`),
    };
    const indexUrl = `http://127.0.0.1:${port}/simple/`;
    await expect(fixture.install({ name: 'demo', indexUrl })).rejects.toMatchObject(fault);
  });

  it('installs when the index works again', async () => {
    const { index } = fixture;
    index.behave('/simple/demo/', { status: 500 });
    await expect(fixture.install({ name: 'demo' })).rejects.toMatchObject({ code: 'registry_unreachable' });
    index.behave('/simple/demo/', undefined);
    expect(await fixture.install({ name: 'demo' })).toMatchObject({ version: '1.1' });
  });

  it.each([
    { name: '--index-url=http://127.0.0.1/' },
    { name: 'demo', version: '1.0 --pre' },
    { name: 'demo', dependencies: ['-r requirements.txt'] },
    { name: 'demo', indexUrl: 'file:///srv/packages' },
    { name: 'demo', extraIndexUrl: 'ftp://127.0.0.1/simple' },
  ])('runs and writes nothing for %j', async (wanted) => {
    const before = fixture.index.requests.length;
    const progress = new RecordedProgress();
    const installing = fixture
      .installer()
      .install({ tenant: 'default', allowScripts: false, ...wanted }, fixture.root, progress);
    await expect(installing).rejects.toBeInstanceOf(PackageNotAllowedError);
    expect(progress.steps).toEqual([]);
    expect(fixture.index.requests).toHaveLength(before);
  });
});
