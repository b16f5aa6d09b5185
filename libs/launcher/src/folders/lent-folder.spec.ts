import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lendFolder, takeBack } from './lent-folder.js';

const isRoot = process.getuid?.() === 0;
/** Ids of no account. */
const LENT = { uid: 1_234_567, gid: 1_234_567 };

describe('A folder that was filled by programs of an owner', () => {
  let root: string;
  let folder: string;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'lent-folder-'));
    folder = join(root, 'lent');
    await lendFolder(folder, undefined);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const at = (path: string): string => join(folder, path);

  it('keeps its files, folders and inner links, with the same modes for all', async () => {
    mkdirSync(at('bin'));
    writeFileSync(at('bin/tool'), '', { mode: 0o711 });
    writeFileSync(at('notes'), '', { mode: 0o600 });
    symlinkSync('bin/tool', at('inner'));
    symlinkSync(at('bin'), at('absolute'));
    expect(await takeBack(folder, undefined)).toEqual([]);
    const modes = ['', 'bin', 'bin/tool', 'notes'].map((path) => (lstatSync(at(path)).mode & 0o7777).toString(8));
    expect(modes).toEqual(['755', '755', '755', '644']);
    expect([existsSync(at('inner')), existsSync(at('absolute/tool'))]).toEqual([true, true]);
  });

  it('loses links that lead out of it or nowhere, but for those that are expected', async () => {
    const outside = join(root, 'outside');
    const expected = join(root, 'expected');
    for (const file of [outside, expected]) writeFileSync(file, 'secret');
    mkdirSync(join(root, 'lent-not'));
    symlinkSync(outside, at('file'));
    symlinkSync('../lent-not', at('sibling'));
    symlinkSync('sibling', at('chain'));
    symlinkSync('missing', at('dangling'));
    symlinkSync('loop', at('loop'));
    symlinkSync(expected, at('expected'));
    const removed = await takeBack(folder, undefined, [expected]);
    expect(removed.sort()).toEqual(['chain', 'dangling', 'file', 'loop', 'sibling'].map(at));
    expect(existsSync(at('expected'))).toBe(true);
    expect(existsSync(outside)).toBe(true);
  });

  it('loses pipes, which would stop a reader, and bits that give rights', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    writeFileSync(at('program'), '', { mode: 0o755 });
    execFileSync('chmod', ['6755', at('program')]);
    expect(await takeBack(folder, undefined)).toEqual([at('pipe')]);
    expect(lstatSync(at('program')).mode & 0o7777).toBe(0o755);
  });

  it('takes names that are no text', async () => {
    const name = Buffer.concat([Buffer.from(at('name-')), Buffer.from([0xff, 0xfe])]);
    mkdirSync(name);
    await takeBack(folder, undefined);
    expect(lstatSync(name).mode & 0o777).toBe(0o755);
  });

  const asRoot = isRoot ? it : it.skip; // only root can give a file away
  asRoot(
    'belongs to the gateway, and a file of somebody else that was linked into it does not change hands',
    async () => {
      const given = join(root, 'given');
      await lendFolder(given, LENT);
      const fill = 'umask 0; mkdir inner; echo x > inner/file; ln -s inner/file link';
      execFileSync('/bin/sh', ['-c', fill], { cwd: given, ...LENT });
      const others = join(root, 'others');
      writeFileSync(others, 'secret', { mode: 0o600 });
      linkSync(others, join(given, 'hard'));
      expect(lstatSync(given)).toMatchObject(LENT);
      expect(await takeBack(given, LENT)).toEqual([join(given, 'hard')]);
      for (const path of ['', 'inner', 'inner/file', 'link'])
        expect(lstatSync(join(given, path))).toMatchObject({ uid: process.getuid!(), gid: process.getgid!() });
      expect(lstatSync(others).mode & 0o777).toBe(0o600);
      const change = 'echo y > inner/file || echo refused';
      expect(execFileSync('/bin/sh', ['-c', change], { cwd: given, ...LENT, stdio: 'pipe' }).toString()).toBe(
        'refused\n',
      );
    },
  );
});
