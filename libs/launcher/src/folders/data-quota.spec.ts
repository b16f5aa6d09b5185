import { statSync } from 'node:fs';
import { join } from 'node:path';
import { launchOf, possibleModes, TestLauncher } from '@manifold/launcher/testing';
import type { ForeignProcess, Launch } from '@manifold/launcher';

const MIB = 1024 * 1024;
const FILL = 'for name in 1 2 3; do head -c 4000000 /dev/urandom >"$name"; done';

describe.each([...possibleModes, 'none'] as const)('the data of a program in mode %s', (mode) => {
  const running: ForeignProcess[] = [];
  let at: TestLauncher;

  beforeEach(async () => void (at = await TestLauncher.start({ SERVER_SANDBOX: mode, SERVER_DATA_MB: '8' })));
  afterEach(async () => {
    await Promise.all(running.splice(0).map((program) => program.kill()));
    at.end();
  });

  const start = async (script: string, launch: Partial<Launch> = {}): Promise<ForeignProcess> => {
    const program = await at.launcher.start(launchOf({ command: 'sh', args: ['-c', script], ...launch }));
    running.push(program);
    return program;
  };
  const owner = { tenant: 'default', server: 'any', user: 'other' };

  it('end it when they are too many, and it starts again when some are removed', async () => {
    const other = await start('read line; exit 3', { owner });
    const greedy = await start(`${FILL}; exec sleep 1000`);
    expect(await greedy.exited).toMatch(
      /^The data folder of the server \(servers\/any~\w+\/shared\) has more than 8 MiB; .* SERVER_DATA_MB$/,
    );
    await expect(start('true')).rejects.toThrow('raise SERVER_DATA_MB');
    const again = await at.again();
    const unaware = await again.launcher.start(launchOf({ command: 'sh', args: ['-c', 'exec sleep 1000'] }));
    expect(await unaware.exited).toContain('has more than 8 MiB');
    await unaware.kill();

    await at.launcher.removeFiles({ tenant: 'default', server: 'else' });
    await expect(start('true')).rejects.toThrow('raise SERVER_DATA_MB');
    at.removeFrom('any', '1');
    expect(await at.run({ command: 'sh', args: ['-c', 'ls'] })).toBe('2\n3');

    other.streams.stdin.end('\n');
    expect(await other.exited).toBe('The server exited with code 3');
  });

  it('count its temporary files', async () => {
    const greedy = await start(`cd "$TMPDIR"; ${FILL}; exec sleep 1000`);
    expect(await greedy.exited).toContain('has more than 8 MiB');
  });

  it('have no larger file, at no time', async () => {
    const home = await at.run({ command: 'sh', args: ['-c', 'pwd; head -c 9000000 /dev/zero >big 2>/dev/null'] });
    expect(statSync(join(home.split('\n')[0]!, 'big')).size).toBe(8 * MIB);
  });

  it('have no limit if the operator wants none', async () => {
    at.end();
    at = await TestLauncher.start({ SERVER_SANDBOX: mode, SERVER_DATA_MB: '0' });
    expect(await at.run({ command: 'sh', args: ['-c', 'ulimit -f'] })).toBe('unlimited');
  });
});
