import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { eventually } from '../../../../test/support/eventually.js';
import { isAlive } from '../../../../test/support/process-tree.js';
import { possibleModes } from '../../testing/src/index.js';
import { launches, markOf, thisRun, type Launch } from './launches.js';
import { leftovers } from './leftovers.js';

/** User ids that nobody else on this machine uses. */
const [HOSTILE, VICTIM] = [700_000 + (process.pid % 50_000), 800_000 + (process.pid % 50_000)];

describe('the mark in the environment of a process', () => {
  const started: ChildProcess[] = [];
  const begun: Launch[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    for (const launch of begun.splice(0)) launches.end(launch);
  });

  function begin(uid?: number): Launch {
    const launch = launches.begin(uid);
    begun.push(launch);
    return launch;
  }

  async function processWith({ env }: Pick<Launch, 'env'>): Promise<number> {
    const child = spawn('sleep', ['1000'], { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' });
    started.push(child);
    await once(child, 'spawn');
    return child.pid!;
  }

  it('says to which launch of this run the process belongs', async () => {
    const launch = begin();
    expect(markOf(await processWith(launch))).toEqual({ run: thisRun, launch: launch.number });
  });

  it('is not believed if it names a launch of another user', async () => {
    expect(markOf(await processWith(begin(VICTIM)))).toBeUndefined();
  });

  it('is nothing if it has another form', async () => {
    for (const mark of ['', `${thisRun}`, `${thisRun}.`, `${thisRun}.1x`, ` ${thisRun}.1`]) {
      expect(markOf(await processWith({ env: { MANIFOLD_LAUNCH: mark } }))).toBeUndefined();
    }
  });

  const asRoot = possibleModes.includes('uid') ? it : it.skip;

  asRoot('does not save a daemon that names the running launch of another user', async () => {
    const { env } = begin(VICTIM);
    const parent = spawn('sh', ['-c', 'sleep 1000 >/dev/null & echo $!'], {
      ...{ uid: HOSTILE, gid: HOSTILE, cwd: '/', detached: true },
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [said] = await Promise.all([text(parent.stdout), once(parent, 'exit')]);
    const daemon = Number(said);
    expect(isAlive(daemon)).toBe(true);
    await leftovers.end(HOSTILE);
    await eventually('the daemon is gone', () => !isAlive(daemon));
  });
});
