import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './find-program.js';

describe('the search for a program', () => {
  /** Ids of no account. */
  const other = { uid: 1_234_567, gid: 1_234_567 };
  let root: string;
  const program = (path: string): string => {
    const file = join(root, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 });
    return file;
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'manifold-find-'));
    chmodSync(root, 0o755);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('passes over folders that are closed to the user, also behind a link', async () => {
    program('home/bin/tool');
    const shared = program('shared/tool');
    mkdirSync(join(root, 'links'));
    symlinkSync(join(root, 'home/bin/tool'), join(root, 'links/tool'));
    chmodSync(join(root, 'home'), 0o700);
    const path = ['home/bin', 'links', 'shared'].map((folder) => join(root, folder)).join(':');
    expect(await findProgram('tool', path, '/', other)).toBe(shared);
    expect(await findProgram('tool', path, '/')).toBe(join(root, 'home/bin/tool'));
    await expect(findProgram(join(root, 'links/tool'), path, '/', other)).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('finds relative paths from the base, and says what is missing', async () => {
    const tool = program('a/tool');
    expect(await findProgram('a/tool', '', root)).toBe(tool);
    await expect(findProgram('b/tool', '', root)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(findProgram('tool', `${root}:${root}/a/b`, '/')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
