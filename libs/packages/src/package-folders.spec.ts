import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@manifold/config';
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

  it('are swept without a fault where there are none yet', async () => {
    await expect(folders.sweep('python', new Set())).resolves.toBeUndefined();
  });
});
