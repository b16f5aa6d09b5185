import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { launchOf, possibleModes, TestLauncher } from '../testing/src/index.js';
import type { IsolationMode } from './isolation/isolation.js';

const everyMode: readonly IsolationMode[] = ['none', ...possibleModes];

describe.each(everyMode)('a filling that fails, in mode %s', (mode) => {
  let launcher: TestLauncher;
  beforeEach(async () => (launcher = await TestLauncher.start({ SERVER_SANDBOX: mode })));
  afterEach(() => launcher.end());

  const owner = { tenant: 'default', server: 'any', run: 'install-1' };
  const runFolders = (): string[] => {
    const servers = join(launcher.dataDir, 'servers');
    return readdirSync(servers).flatMap((server) => readdirSync(join(servers, server)));
  };

  it('leaves no folder of its run, and gives the filled folder back to the gateway', async () => {
    const folder = join(launcher.dataDir, 'filled');
    const failure = new Error('the program has failed');
    const filling = launcher.launcher.fill({ owner, folders: [folder] }, async () => {
      const script = `echo x > '${folder}/file' && echo x > "$HOME/left"`;
      await launcher.run({ ...launchOf({ command: 'sh', args: ['-c', script] }), owner, writable: [folder] });
      expect(runFolders()).toHaveLength(1);
      throw failure;
    });
    await expect(filling).rejects.toBe(failure);
    expect(runFolders()).toEqual([]);
    expect(statSync(join(folder, 'file')).uid).toBe(process.getuid!());
  });

  it('leaves no folder of its run if a folder to fill exists already', async () => {
    const [first, second] = [join(launcher.dataDir, 'first'), join(launcher.dataDir, 'second')];
    mkdirSync(second);
    const fill = jest.fn();
    const filling = launcher.launcher.fill({ owner, folders: [first, second] }, fill);
    await expect(filling).rejects.toMatchObject({ code: 'EEXIST' });
    expect(fill).not.toHaveBeenCalled();
    expect(runFolders()).toEqual([]);
    expect(existsSync(first) ? statSync(first).uid : process.getuid!()).toBe(process.getuid!());
  });
});
