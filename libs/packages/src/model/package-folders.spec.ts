import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@manifold/config';
import { eventually } from '../../../../test/support/eventually.js';
import { PackageFolders } from './package-folders.js';

describe('the folders of packages', () => {
  let dataDir: string;
  let folders: PackageFolders;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'manifold-folders-'));
    folders = new PackageFolders(loadConfig({ DATA_DIR: dataDir }).packages);
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  const made = async (runtime: 'node' | 'python', server: string): Promise<string> => {
    const folder = await folders.create(runtime, server);
    await mkdir(folders.path(runtime, folder));
    return folder;
  };

  it('are new each time, below the folder of their runtime', async () => {
    const [first, second] = [await made('node', 'files'), await made('node', 'files')];
    expect(first).not.toBe(second);
    expect(folders.path('node', first)).toBe(join(dataDir, 'packages/npm', first));
    expect(folders.path('python', first)).toBe(join(dataDir, 'packages/python', first));
  });

  it('let programs of other users pass, and do not show them what is there', async () => {
    await made('node', 'files');
    for (const folder of ['packages', 'packages/npm'])
      expect((await stat(join(dataDir, folder))).mode & 0o777).toBe(0o711);
  });

  it('are swept away when nothing uses them; what else lies there stays', async () => {
    const [used, unused] = [await made('node', 'a'), await made('node', 'a')];
    const theirs = join(dataDir, 'packages/npm/an-environment-of-the-operator');
    await mkdir(theirs);
    await writeFile(join(dataDir, 'packages/npm/notes~of-mine.txt'), '');
    await folders.sweep('node', new Set([used]));

    expect(folders.isThere('node', used)).toBe(true);
    expect(folders.isThere('node', unused)).toBe(false);
    expect(existsSync(theirs)).toBe(true);
    expect(existsSync(join(dataDir, 'packages/npm/notes~of-mine.txt'))).toBe(true);
  });

  it('stay while somebody needs them, and go with the last one', async () => {
    const folder = await made('node', 'a');
    const [first, second] = [folders.hold('node', folder), folders.hold('node', folder)];
    await folders.retire('node', folder);
    await folders.sweep('node', new Set());
    first();
    first(); // a second time without effect
    expect(folders.isThere('node', folder)).toBe(true);
    second();
    await eventually('it goes', () => !folders.isThere('node', folder));
  });

  it('go at once when nobody needs them, and nothing else does on somebody’s word', async () => {
    const [folder, kept] = [await made('node', 'a'), await made('node', 'b')];
    folders.hold('node', kept)();
    await folders.retire('node', folder);
    for (const name of ['..', `x/../${kept}`, '', 'an-environment-of-the-operator']) await folders.retire('node', name);
    expect([folders.isThere('node', folder), folders.isThere('node', kept)]).toEqual([false, true]);
  });

  it('are swept without a fault where there are none yet', async () => {
    await expect(folders.sweep('python', new Set())).resolves.toBeUndefined();
  });
});
