import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ENVIRONMENT_OF_GATEWAY, possibleModes, TestLauncher } from '../testing/src/index.js';
import { ownUserIds } from '../../../test/support/user-ids.js';
import type { Launch } from './launcher.js';
import type { IsolationMode } from './isolation/isolation.js';

const everyMode: readonly IsolationMode[] = ['none', ...possibleModes];
const isRoot = process.getuid?.() === 0;
const opened: TestLauncher[] = [];

const start = async (mode: IsolationMode, settings: Readonly<Record<string, string>> = {}): Promise<TestLauncher> => {
  const launcher = await TestLauncher.start({ SERVER_SANDBOX: mode, ...settings });
  opened.push(launcher);
  return launcher;
};
const shell = (script: string, launch: Partial<Launch> = {}): Pick<Launch, 'command' | 'args'> & Partial<Launch> => ({
  command: 'sh',
  args: ['-c', script],
  ...launch,
});
const ofUser = (user: string): Partial<Launch> => ({ owner: { tenant: 'default', server: 'any', user } });

afterEach(() => opened.splice(0).forEach((launcher) => launcher.end()));

describe.each(everyMode)('a program in mode %s', (mode) => {
  it('works in a folder of its owner, which lasts', async () => {
    const launcher = await start(mode);
    const said = await launcher.run(
      shell('pwd; echo "$HOME"; echo kept > note; echo x > "$TMPDIR/x" && cat "$TMPDIR/x"'),
    );
    const [folder, home, temporary] = said.split('\n');
    expect(home).toBe(folder);
    expect(folder).toContain(join(launcher.dataDir, 'servers'));
    expect(temporary).toBe('x');
    expect(await launcher.run(shell('cat note'))).toBe('kept');
    await launcher.launcher.removeFiles({ tenant: 'default', server: 'any' });
    expect(existsSync(folder!)).toBe(false);
  });

  it('gets the variables that its operator has set, also those of the loader', async () => {
    const launcher = await start(mode);
    const env = { PLAIN: 'one', LD_LIBRARY_PATH: '/nowhere' };
    expect(await launcher.run(shell('echo $PLAIN $LD_LIBRARY_PATH', { env }))).toBe('one /nowhere');
  });

  it('gets neither the environment of the gateway nor its streams', async () => {
    process.env.MANIFOLD_CANARY = 'of the gateway';
    const launcher = await start(mode);
    expect(await launcher.run(shell('env'))).not.toContain('of the gateway');
    delete process.env.MANIFOLD_CANARY;
  });

  it('is in folders that no other user may list, read or change', async () => {
    const before = await start(mode);
    chmodSync(before.dataDir, 0o755); // as an operator may have made it
    const launcher = await before.again();
    const owner = { tenant: 'acme', server: 'installs' };
    if (mode !== 'none') await launcher.launcher.folderBelow(join(launcher.dataDir, 'cache'), owner);
    await launcher.run(shell('true'));
    // The content of `home` and `tmp` is the program's own business.
    const folders = readdirSync(launcher.dataDir, { recursive: true, encoding: 'utf8' }).filter(
      (path) => !/\/(?:home|tmp)\//.test(path),
    );
    for (const folder of ['', ...folders].map((path) => join(launcher.dataDir, path)))
      if (statSync(folder).isDirectory())
        expect([folder, statSync(folder).mode & (isRoot ? 0o066 : 0o077)]).toEqual([folder, 0]);
    expect(folders).toContain('runs');
  });

  it('of a single run leaves no folder when its gateway was killed', async () => {
    const launcher = await start(mode);
    const run = async (id: string): Promise<string> =>
      launcher.run(shell('pwd', { owner: { tenant: 'default', server: '~installs', run: id } }));
    const [old, young] = [dirname(await run('old')), dirname(await run('young'))];
    const kept = await launcher.run(shell('pwd'));
    const daysAgo = new Date(Date.now() - 3 * 24 * 3600 * 1000);
    utimesSync(old, daysAgo, daysAgo);
    await launcher.again(); // this gateway runs, so the young one may be in use
    expect([old, young, kept].map((path) => existsSync(path))).toEqual([false, true, true]);
    rmSync(join(launcher.dataDir, 'runs'), { recursive: true });
    await launcher.again();
    expect([young, kept].map((path) => existsSync(path))).toEqual([false, true]);
  });

  it('works in the folder that its operator names', async () => {
    const launcher = await start(mode);
    expect(await launcher.run(shell('pwd; echo > made', { cwd: 'deep/er' }))).toMatch(/\/home\/deep\/er$/);
    expect(await launcher.run(shell('ls deep/er'))).toBe('made');
    const elsewhere = mkdtempSync(join(tmpdir(), 'manifold-elsewhere-'));
    const stranger = { owner: { tenant: 'acme', server: 'any' }, cwd: elsewhere };
    await expect(launcher.run(shell('pwd', stranger))).rejects.toThrow(/cwd .* outside|SERVER_SANDBOX/);
    await expect(launcher.run(shell('pwd', { cwd: launcher.dataDir }))).rejects.toThrow(/data of the gateway/);
    rmSync(elsewhere, { recursive: true });
  });

  it('is told when its command does not exist', async () => {
    const launcher = await start(mode);
    await expect(launcher.run({ command: 'no-such-program', args: [] })).rejects.toThrow(
      'Cannot start "no-such-program": the command or its working folder does not exist',
    );
  });
});

(possibleModes.length > 0 ? describe : describe.skip).each(possibleModes)(
  'programs in mode %s are kept apart: they',
  (mode) => {
    it('cannot read the data of the gateway', async () => {
      const before = await start(mode);
      const file = before.write('manifold.db', 'secret rows');
      const launcher = await before.again();
      expect(await launcher.run(shell(`cat ${file}; ls ${launcher.dataDir}`))).not.toMatch(
        /secret rows|^manifold\.db$/m,
      );
      expect(await launcher.run(shell(`cat ${ENVIRONMENT_OF_GATEWAY}`))).toMatch(/denied|No such file/);
    });

    it('cannot read the files of another server or user', async () => {
      const launcher = await start(mode);
      const home = await launcher.run(shell('echo private > note; pwd', ofUser('alice')));
      for (const other of [ofUser('bob'), { owner: { tenant: 'acme', server: 'any' } }])
        expect(await launcher.run(shell(`cat ${home}/note`, other))).toMatch(/denied|No such file/);
      expect(await launcher.run(shell('cat note', ofUser('alice')))).toBe('private');
    });

    it('cannot go or make a folder elsewhere by a symbolic link', async () => {
      const launcher = await start(mode);
      const target = mkdtempSync(join(tmpdir(), 'manifold-target-'));
      const home = await launcher.run(shell('pwd'));
      symlinkSync(target, join(home, 'link'));
      await launcher.run(shell('pwd', { cwd: 'link/made' })).catch(() => undefined);
      expect(await launcher.run(shell('pwd', { cwd: 'link' }))).not.toContain('manifold-target-');
      expect(existsSync(join(target, 'made'))).toBe(false);
      rmSync(target, { recursive: true });
    });

    it('gain no privileges by programs of other users', async () => {
      const launcher = await start(mode);
      expect(await launcher.run(shell('setpriv --dump'))).toContain('no_new_privs: 1');
    });

    it('run for tenants other than default, too', async () => {
      const launcher = await start(mode);
      expect(await launcher.run(shell('echo here', { owner: { tenant: 'acme', server: 'any' } }))).toBe('here');
    });
  },
);

(possibleModes.includes('uid') ? describe : describe.skip)('user ids', () => {
  const first = Number.parseInt(ownUserIds());

  it('are one for each owner, and stay with the files', async () => {
    const launcher = await start('uid', { SERVER_UID_RANGE: `${first}-${first + 9}`, SERVER_GID: '300100' });
    const ids = (launch?: Partial<Launch>): Promise<string> => launcher.run(shell('id -u; id -g', launch));
    expect(await ids()).toBe(`${first}\n300100`);
    expect(await ids(ofUser('alice'))).toBe(`${first + 1}\n300100`);
    expect(await ids()).toBe(`${first}\n300100`);
    const home = await launcher.run(shell('pwd', ofUser('alice')));
    expect(statSync(home)).toMatchObject({ uid: first + 1, mode: 0o40700 });
  });

  it('under which something runs already are not given', async () => {
    const other = spawn('sleep', ['1000'], { uid: first, stdio: 'ignore' });
    await once(other, 'spawn');
    const launcher = await start('uid', { SERVER_UID_RANGE: `${first}-${first + 9}` });
    expect(await launcher.run(shell('id -u'))).toBe(`${first + 1}`);
    expect(other.exitCode ?? other.signalCode).toBeNull();
    other.kill('SIGKILL');
    await once(other, 'exit');
  });

  it('that are used up are an error, which ends when a server is removed', async () => {
    const launcher = await start('uid', { SERVER_UID_RANGE: `${first}-${first + 1}` });
    const of = (server: string): Promise<string> => launcher.run(shell('id -u', { owner: { tenant: 'a', server } }));
    expect([await of('one'), await of('two')]).toEqual([`${first}`, `${first + 1}`]);
    await expect(of('three')).rejects.toThrow('All 2 user ids of SERVER_UID_RANGE are in use');
    await launcher.launcher.removeFiles({ tenant: 'a', server: 'one' });
    expect(await of('three')).toBe(`${first}`);
  });
});

describe('without isolation', () => {
  const refusals = async (settings: Readonly<Record<string, string>>): Promise<(string | undefined)[]> => {
    const { launcher } = await start('none', settings);
    return ['default', 'acme'].map((tenant) => launcher.refusal(tenant));
  };

  it('only servers of the tenant default run', async () => {
    expect(await refusals({})).toEqual([undefined, expect.stringContaining('Ask its operator to set SERVER_SANDBOX')]);
  });

  it('they run in production if the operator has chosen so', async () => {
    const production = {
      NODE_ENV: 'production',
      SECRETS_KEY: 'k7Qw3-a-key-of-these-specs-only-9fZ2',
      AUTH_DISABLED: '',
    };
    expect((await refusals(production))[0]).toBeUndefined();
  });
});
