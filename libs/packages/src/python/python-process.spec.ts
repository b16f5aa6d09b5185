import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestLauncher } from '@manifold/launcher/testing';
import { runPython } from './python-process.js';

describe('the Python that runs installs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-python-'));
  let launching: TestLauncher;
  beforeAll(async () => (launching = await TestLauncher.start()));
  afterAll(() => {
    launching.end();
    rmSync(folder, { recursive: true });
  });

  const refusal = (executable: string) =>
    runPython(launching.launcher, {
      owner: { tenant: 'default', server: 'installs' },
      executable,
      program: '',
      args: [],
      env: {},
      cwd: folder,
      signal: new AbortController().signal,
      onLine: () => undefined,
    } as never).catch((error: Error) => error.message);

  it('names PYTHON_BIN where it may not be executed, and only there', async () => {
    const closed = join(folder, 'python3');
    writeFileSync(closed, '', { mode: 0o644 });
    expect(await refusal(closed)).toBe(
      `Cannot start "${closed}": it may not be executed. Set PYTHON_BIN to a Python that all users can run`,
    );
    expect(await refusal(join(folder, 'missing'))).not.toContain('PYTHON_BIN');
  });
});
