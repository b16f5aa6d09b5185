import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@manifold/config';
import { possibleModes } from '@manifold/launcher/testing';
import { findIsolation } from './isolation.js';

const isRoot = process.getuid?.() === 0;

describe('the way in which programs are kept apart', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'manifold-isolation-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const find = (sandbox: string, dataDir: string) =>
    findIsolation(loadConfig({ SERVER_SANDBOX: sandbox, DATA_DIR: dataDir }));
  const placeBelow = (mode: number): string => {
    mkdirSync(join(folder, 'closed/data'), { recursive: true });
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'closed'), mode);
    return join(folder, 'closed/data');
  };

  it('is none where others cannot come to DATA_DIR, and it is said which folder stops them', async () => {
    const { mode, reasons } = await find('auto', placeBelow(0o700));
    if (!isRoot) return expect(reasons.join()).not.toContain('DATA_DIR');
    expect(mode).toBe('none');
    expect(reasons).toEqual([expect.stringContaining(`cannot pass ${join(folder, 'closed')} to DATA_DIR`)]);
  });

  it.each(['bubblewrap', 'uid'])('is refused there if it shall be %s', async (sandbox) => {
    if (!isRoot) return;
    await expect(find(sandbox, placeBelow(0o700))).rejects.toThrow(/^SERVER_SANDBOX: .*chmod o\+x/);
  });

  it('needs no more of the folders above than that others can pass', async () => {
    const [strongest] = possibleModes;
    expect((await find('auto', join(placeBelow(0o711), 'not/there/yet'))).mode).toBe(strongest ?? 'none');
  });
});
