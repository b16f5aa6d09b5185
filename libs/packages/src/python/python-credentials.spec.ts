import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { wheel } from '../../../../test/simulators/python-index/index.js';
import { commandLine, processesNaming } from '../../../../test/support/process-tree.js';
import { PythonFixture } from '../../testing/src/python-fixture.js';
import { RecordedProgress } from '../../testing/src/recorded-progress.js';

/** Found in no other process of this machine. */
const USER = `robot-${randomBytes(4).toString('hex')}`;
const PASSWORD = 'pa ss/w0rd@x';

describe('The credentials of a package index', () => {
  let fixture: PythonFixture;
  let indexUrl: string;

  beforeAll(async () => {
    fixture = await PythonFixture.open();
    fixture.index.add(wheel({ name: 'private', version: '1.0' }), wheel({ name: 'held', version: '1.0' }));
    indexUrl = fixture.index.demand(USER, PASSWORD);
  });
  afterAll(() => fixture.close());

  const expectNoneIn = (text: string) => {
    for (const secret of [USER, PASSWORD, encodeURIComponent(PASSWORD)]) expect(text).not.toContain(secret);
  };

  it('reach the index, and neither the steps nor the log', async () => {
    const progress = new RecordedProgress();
    const wanted = { tenant: 'default', name: 'private', indexUrl, allowScripts: false };
    await fixture.installer().install(wanted, fixture.newFolder(), progress);
    expect(fixture.index.credentials).toContain(`${USER}:${PASSWORD}`);
    expect(progress.lines.join('\n')).toContain(`http://127.0.0.1:${fixture.index.port}/`);
    expectNoneIn(inspect([progress.steps, progress.lines]));
  });

  it.each([
    ['when they are refused', 'private', 'registry_unreachable', (url: string) => url.replace('robot', 'robot-2')],
    ['when the package is missing', 'unknown', 'package_not_found', (url: string) => url],
  ])('are in no error %s', async (_when, name, code, change) => {
    const progress = new RecordedProgress();
    const installer = fixture.installer({ indexUrl: change(indexUrl), extraIndexUrl: change(indexUrl) });
    const installing = installer.install(
      { tenant: 'default', name, allowScripts: false },
      fixture.newFolder(),
      progress,
    );
    const error: unknown = await installing.catch((fault: unknown) => fault);
    expect(error).toMatchObject({ name: 'InstallError', code });
    expectNoneIn(inspect([error, progress.lines], { depth: null }));
  });

  it('are in no error about the URL itself', async () => {
    const error: unknown = await fixture
      .install({ name: 'private', indexUrl: `${indexUrl}?x=1` })
      .catch((fault: unknown) => fault);
    expect(error).toMatchObject({ name: 'PackageNotAllowedError', field: 'pipIndexUrl' });
    expectNoneIn(inspect(error));
  });

  it('are in no list of processes', async () => {
    fixture.index.behave('/files/held-1.0-py3-none-any.whl', 'never');
    const abort = new AbortController();
    const arrived = fixture.index.asked('/files/held-1.0-py3-none-any.whl');
    const wanted = { tenant: 'default', name: 'held', indexUrl, allowScripts: false };
    const folder = fixture.newFolder();
    const installing = fixture.installer().install(wanted, folder, new RecordedProgress(abort.signal));
    installing.catch(() => undefined);
    await arrived;
    const lines = processesNaming('').map(commandLine);
    expect(lines.filter((line) => line.startsWith(folder))).toHaveLength(1);
    expectNoneIn(lines.join('\n'));
    abort.abort();
    await expect(installing).rejects.toMatchObject({ code: 'cancelled' });
  });
});
