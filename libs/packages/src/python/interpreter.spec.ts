import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { possibleModes, TestLauncher } from '@manifold/launcher/testing';
import { installOwner } from '../model/install-owner.js';
import { Interpreters, type Interpreter } from './interpreter.js';

/** Programs that answer as an interpreter would, and the real one. */
describe('Interpreters', () => {
  let folder: string;
  const real = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();

  const owner = installOwner('default', false);
  let at: TestLauncher;

  beforeAll(async () => void (at = await TestLauncher.start()));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'interpreters-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  afterAll(() => at.end());

  const interpretersOf = (bin: string | undefined): { get(): Promise<Interpreter> } => {
    const interpreters = new Interpreters(bin, at.launcher);
    return { get: () => interpreters.get(owner) };
  };

  const program = (name: string, script: string): string => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  };
  const fault = (bin: string) =>
    interpretersOf(bin)
      .get()
      .then(
        () => undefined,
        (error: { code: string; message: string }) => [error.code, error.message],
      );

  it('finds python3 in PATH', async () => {
    const { executable, version, pipWheel } = await interpretersOf(undefined).get();
    expect(executable).toBe(real);
    expect(version).toMatch(/^3\.1\d/);
    expect(pipWheel).toMatch(/\/pip-[^/]+\.whl$/);
  });

  (possibleModes.includes('uid') ? it : it.skip)(
    'finds one that other users may run behind one that they may not',
    async () => {
      program('python3', 'echo Python 3.12.0');
      chmodSync(folder, 0o700);
      const path = process.env.PATH;
      const isolated = await TestLauncher.start({ SERVER_SANDBOX: 'uid' });
      try {
        process.env.PATH = `${folder}:${path}`;
        const { executable } = await new Interpreters(undefined, isolated.launcher).get(owner);
        expect(executable).not.toContain(folder);
      } finally {
        process.env.PATH = path;
        isolated.end();
      }
    },
  );

  it('says when there is none, and how to set one', async () => {
    const missing = join(folder, 'missing');
    const hint = 'install Python 3.10 or newer, or set PYTHON_BIN to it';
    expect(await fault(missing)).toEqual(['python_not_found', `Python ("${missing}") was not found: ${hint}`]);
  });

  it('says when it may not be executed', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(await fault(file)).toEqual(['python_not_found', expect.stringContaining('does not run')]);
  });

  it.each(['Python 2.7.18', 'Python 3.6.15', 'Python 3.9.2'])('refuses %s, and says what it found', async (version) => {
    const bin = program('old', `echo '${version}'`);
    const [, number] = version.split(' ');
    const message = `Python 3.10 or newer is needed, and "${bin}" is ${number}: set PYTHON_BIN to a newer one`;
    expect(await fault(bin)).toEqual(['python_too_old', expect.stringContaining(message)]);
  });

  it('reads the version where Python 2 writes it', async () => {
    expect(await fault(program('old', 'echo Python 2.7.1 >&2'))).toEqual(['python_too_old', expect.anything()]);
  });

  it('refuses a program that is no Python', async () => {
    expect(await fault('/bin/echo')).toEqual(['python_not_found', expect.stringContaining('is not a working Python')]);
  });

  it('names the Debian package where ensurepip is missing', async () => {
    const without = 'import sys; sys.modules["ensurepip"] = None; exec(sys.argv[3])';
    const script = `[ "$1" = --version ] && echo Python 3.11.2 && exit\nexec '${real}' -c '${without}' "$@"`;
    const message = expect.stringContaining('install the Debian package python3.11-venv');
    expect(await fault(program('incomplete', script))).toEqual(['python_incomplete', message]);
  });

  it('looks once when it was found, and again when it was not', async () => {
    const calls = join(folder, 'calls');
    const bin = join(folder, 'python');
    const interpreters = interpretersOf(bin);
    await expect(interpreters.get()).rejects.toMatchObject({ code: 'python_not_found' });
    program('python', `echo x >> '${calls}'\nexec '${real}' "$@"`);
    const [first, second] = await Promise.all([interpreters.get(), interpreters.get()]);
    expect(await interpreters.get()).toBe(first);
    expect(second).toBe(first);
    expect(readFileSync(calls, 'utf8')).toBe('x\nx\n'); // its version, and where it is
  });
});
