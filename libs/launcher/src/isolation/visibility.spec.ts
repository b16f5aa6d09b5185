import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@manifold/config';
import { visibilityOf } from './visibility.js';

describe('what a sandboxed program sees', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'manifold-visibility-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('leaves a folder writable in which its own interpreter lies', () => {
    const [environment, scripts] = [join(root, 'environment'), join(root, 'scripts')];
    for (const folder of [join(environment, 'bin'), scripts]) mkdirSync(folder, { recursive: true });
    const [interpreter, script] = [join(environment, 'bin', 'python'), join(scripts, 'server.py')];
    symlinkSync(process.execPath, interpreter);
    writeFileSync(script, '');
    const needed = { readable: [], writable: [environment], words: [interpreter, script] };
    const folder = { home: join(root, 'home'), temporary: join(root, 'temporary') };
    const { readable, writable } = visibilityOf(needed, folder, loadConfig({ DATA_DIR: join(root, 'data') }));
    expect(writable).toContain(environment);
    expect(readable).toContain(scripts);
    expect(readable).not.toContain(join(environment, 'bin'));
  });
});
