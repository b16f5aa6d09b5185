import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { wheel } from '../../../../test/simulators/python-index/index.js';
import { eventually } from '../../../../test/support/eventually.js';
import { commandLine, descendants, isAlive, processesNaming } from '../../../../test/support/process-tree.js';
import { PythonFixture } from '../../testing/src/python-fixture.js';
import { RecordedProgress } from '../../testing/src/recorded-progress.js';

const FILE = '/files/held-1.0-py3-none-any.whl';
const TYPESCRIPT = join(import.meta.dirname, '../../../../test/support/typescript.mjs');
const PROGRAM = join(import.meta.dirname, '../../testing/src/install-one.ts');

describe('An install that does not come to its end', () => {
  let fixture: PythonFixture;

  beforeAll(async () => {
    fixture = await PythonFixture.open();
    fixture.index.add(wheel({ name: 'held', version: '1.0' }));
  });
  beforeEach(() => fixture.index.behave(FILE, 'never'));
  afterAll(() => fixture.close());

  /** An install whose download has begun and does not go on. */
  const begin = async (timeoutMs = 500_000) => {
    const abort = new AbortController();
    const folder = fixture.newFolder();
    const arrived = fixture.index.asked(FILE);
    const progress = new RecordedProgress(abort.signal);
    const wanted = { tenant: 'default', name: 'held', allowScripts: false };
    const installing = fixture.installer({ timeoutMs }).install(wanted, folder, progress);
    installing.catch(() => undefined);
    await arrived;
    return { abort, folder, installing, progress };
  };

  it('leaves no process when it is cancelled, and the same package installs afterwards', async () => {
    const { abort, folder, installing } = await begin();
    expect(processesNaming(folder)).toHaveLength(1);
    abort.abort();
    await expect(installing).rejects.toMatchObject({ name: 'InstallError', code: 'cancelled' });
    expect(processesNaming(folder)).toEqual([]);
    fixture.index.behave(FILE, undefined);
    expect(await fixture.install({ name: 'held' })).toMatchObject({ version: '1.0' });
  });

  it('is not begun when it was cancelled before', async () => {
    const before = fixture.index.requests.length;
    const progress = new RecordedProgress(AbortSignal.abort());
    const installing = fixture
      .installer()
      .install({ tenant: 'default', name: 'held', allowScripts: false }, fixture.newFolder(), progress);
    await expect(installing).rejects.toMatchObject({ code: 'cancelled' });
    expect(fixture.index.requests).toHaveLength(before);
  });

  it('ends at its time limit', async () => {
    const folder = fixture.newFolder();
    const wanted = { tenant: 'default', name: 'held', allowScripts: false };
    const installing = fixture.installer({ timeoutMs: 1500 }).install(wanted, folder, new RecordedProgress());
    const fault = { code: 'timeout', message: 'The operation took more than 2 s' };
    await expect(installing).rejects.toMatchObject(fault);
    expect(processesNaming(folder)).toEqual([]);
  });

  it('fails when pip is killed', async () => {
    const { folder, installing } = await begin();
    const [pip] = processesNaming(folder);
    process.kill(pip, 'SIGKILL');
    await expect(installing).rejects.toMatchObject({ code: 'install_failed', message: 'pip was ended by SIGKILL' });
  });

  it('does not take a folder that is there', async () => {
    const folder = fixture.newFolder();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'kept'), '');
    const installing = fixture
      .installer()
      .install({ tenant: 'default', name: 'held', allowScripts: false }, folder, new RecordedProgress());
    await expect(installing).rejects.toMatchObject({ code: 'install_failed', message: 'The install failed: EEXIST' });
  });

  it('ends with the gateway, even when that is killed', async () => {
    const folder = fixture.newFolder();
    const arrived = fixture.index.asked(FILE);
    const gateway = spawn(
      process.execPath,
      ['--import', TYPESCRIPT, PROGRAM, fixture.index.url, join(fixture.root, 'cache'), folder],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    await arrived;
    const children = descendants(gateway.pid!).filter((pid) => commandLine(pid).includes(folder));
    expect(children).toHaveLength(1);
    gateway.kill('SIGKILL');
    await once(gateway, 'exit');
    await eventually('its processes are gone', () => !children.some(isAlive));
  });
});
