import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderSize } from './folder-size.js';

describe('The size of a folder', () => {
  let folder: string;
  const make = (script: string) => execFileSync('sh', ['-ec', script], { cwd: folder });
  const size = async () => Number(await folderSize([join(folder)]));

  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'manifold-size-'))));
  afterEach(() => execFileSync('rm', ['-rf', folder]));

  it('counts each file once, whatever its names, and nothing for holes and links', async () => {
    make('head -c 3000000 /dev/urandom >one; for name in 1 2 3 4 5; do ln one $name; done');
    make('truncate -s 1T hole; ln -s / link; ln -s . loop');
    expect(await size()).toBeGreaterThan(2.8);
    expect(await size()).toBeLessThan(4);
  });

  it('counts what lies deeper than a path can name', async () => {
    make(
      'for step in $(seq 100); do mkdir ' + 'd'.repeat(100) + '; cd -P d*; done; head -c 3000000 /dev/urandom >deep',
    );
    expect(await size()).toBeGreaterThan(2.8);
  });

  it('is not known if the folder is gone', async () => {
    expect(await folderSize([join(folder, 'gone')])).toBeUndefined();
  });
});
