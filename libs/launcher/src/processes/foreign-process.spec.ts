import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { launchOf, possibleModes, seesOtherUsers, TestLauncher } from '@manifold/launcher/testing';
import type { ForeignProcess, Launch } from '@manifold/launcher';
import { eventually } from '../../../../test/support/eventually.js';
import { commandLine, isAlive, processesNaming } from '../../../../test/support/process-tree.js';

/** Starts `sleep` in a session of its own, whose parent has ended. */
const daemon = (sleep: string, as = ''): string =>
  `setsid sh -c '(${as} setsid ${sleep} >/dev/null 2>&1 </dev/null &)'`;
/** Makes a program look like one of another gateway. */
const PRETENDING = `env MANIFOLD_LAUNCH=${'0f'.repeat(16)}.1`;
const LIMITS = { memoryMb: 1024, openFiles: 1024, processes: 100 };
/** Long enough for a look at what programs use. Where it is too short, a test shows less and does not fail. */
const SOME_LOOKS_MS = 1500;
/** Runs until it is killed. */
const FOREVER = 'trap "" TERM; while :; do sleep 1000; done';

describe.each([...possibleModes, 'none'] as const)('a program in mode %s', (mode) => {
  let at: TestLauncher;
  let sleep: string;
  const running: ForeignProcess[] = [];

  beforeAll(async () => void (at = await TestLauncher.start({ SERVER_SANDBOX: mode })));
  beforeEach(() => void (sleep = `sleep ${86_400 + randomInt(10_000_000)}`));
  afterEach(() => Promise.all(running.splice(0).map((program) => program.kill())));
  afterAll(() => at.end());

  const start = async (script: string, launch: Partial<Launch> = {}): Promise<ForeignProcess> => {
    const program = await at.launcher.start(launchOf({ command: 'sh', args: ['-c', script], ...launch }));
    running.push(program);
    program.streams.stdin.on('error', () => undefined);
    program.streams.stderr.resume();
    return program;
  };
  /** The processes that sleep as long as those of this test alone do. */
  const sleepers = () => processesNaming(sleep).filter((pid) => commandLine(pid) === sleep && isAlive(pid));
  const exactly = (count: number) => eventually(`${count} are left`, () => sleepers().length === count);

  it('leaves nothing when it is stopped', async () => {
    const program = await start(`${sleep} & sh -c "${sleep} & ${FOREVER}"`);
    await exactly(2);
    await program.kill();
    await exactly(0);
  });

  it('takes its daemons with it when it is stopped', async () => {
    const program = await start(`${daemon(sleep)}; ${FOREVER}`);
    await exactly(1);
    await program.kill();
    await exactly(0);
  });

  it('takes its daemons with it when it ends by itself', async () => {
    const program = await start(`${daemon(sleep)}; read line`);
    await exactly(1);
    program.streams.stdin.end('now\n');
    expect(await program.exited).toBe('The server exited with code 0');
    await exactly(0);
  });

  // Without user ids and sandbox, nothing else tells where a daemon comes from.
  const whereKeptApart = mode === 'none' ? it.skip : it;

  whereKeptApart('takes daemons with it that pretend to be of another gateway', async () => {
    const program = await start(`${daemon(sleep, PRETENDING)}; read line`);
    await exactly(1);
    program.streams.stdin.end('now\n');
    await program.exited;
    const next = await start(FOREVER);
    // Processes that the user id has started before are gone when it is used again.
    if (mode === 'uid') expect(sleepers()).toHaveLength(0);
    await exactly(0);
    await next.kill();
  });

  whereKeptApart('cannot have more processes by making them daemons of another gateway', async () => {
    const many = Array.from({ length: 8 }, () => daemon(sleep, PRETENDING)).join('; ');
    const program = await start(`${many}; ${FOREVER}`, { limits: { ...LIMITS, processes: 6 } });
    expect(await program.exited).toBe('The server had more than 6 processes');
    await exactly(0);
  });

  whereKeptApart('cannot outrun its end by starting others all the time', async () => {
    const bomb = `setsid sh -c '(${PRETENDING} setsid sh -c "while :; do ${sleep} & sleep 0.01; kill \\$!; done" >/dev/null 2>&1 </dev/null &)'`;
    const program = await start(`${bomb}; ${FOREVER}`);
    await eventually('it runs', () => processesNaming(sleep).some(isAlive));
    await program.kill();
    expect(processesNaming(sleep).filter(isAlive)).toEqual([]);
  });

  (mode === 'uid' ? it : it.skip)('cannot hold up its end by stopping what ends it', async () => {
    const chain = `setsid sh -c '(setsid sh -c "f() { ${sleep} & kill -s STOP -1; f & }; f" >/dev/null 2>&1 </dev/null &)'`;
    const program = await start(`${chain}; ${FOREVER}`, { limits: { ...LIMITS, processes: 10_000 } });
    await eventually('it runs', () => processesNaming(sleep).some(isAlive));
    await program.kill();
    await eventually('nothing is left', () => !processesNaming(sleep).some(isAlive));
  });

  // Only their environment tells which of two programs of one user id has started a daemon. Else it ends with the last one.
  const whereEnvironmentsAreSeen = mode === 'uid' && !seesOtherUsers ? it.skip : it;

  whereEnvironmentsAreSeen('leaves another program of its owner alone', async () => {
    const [one, other] = [await start(`${daemon(sleep)}; ${FOREVER}`), await start(`${daemon(sleep)}; ${FOREVER}`)];
    await exactly(2);
    await one.kill();
    await exactly(1);
    await other.kill();
    await exactly(0);
  });

  it('is ended with all of it when what it has started takes too much memory', async () => {
    const hog = `${process.execPath} -e "const kept = Buffer.alloc(400 * 2 ** 20, 1); setInterval(() => kept, 1000)"`;
    const program = await start(`${sleep} & sh -c '${hog}'; true`, { limits: { ...LIMITS, memoryMb: 300 } });
    expect(await program.exited).toBe('The server used more than 300 MiB of memory');
    await exactly(0);
  });

  // Else shared memory counts for each process.
  const whereMemoryIsSeen = mode !== 'none' && !seesOtherUsers ? it.skip : it;

  whereMemoryIsSeen('does not use more memory by sharing it', async () => {
    const workers = Array.from({ length: 20 }, () => '(while :; do sleep 1000; done) &').join(' ');
    const shared = `text=$(head -c 20000000 /dev/zero | tr '\\0' x); ${workers} ${sleep} & echo "$text" | wc -c; read line; exit 3`;
    const program = await start(shared, { limits: { ...LIMITS, memoryMb: 200 } });
    await exactly(1);
    await delay(SOME_LOOKS_MS);
    program.streams.stdin.end('now\n');
    expect(await program.exited).toBe('The server exited with code 3');
  });

  it('may have so many processes, not counting those of the sandbox', async () => {
    const limits = { ...LIMITS, processes: 6 };
    const program = await start(
      `for one in 1 2 3 4; do ${sleep} & done; read line; ${sleep} & ${sleep} & ${sleep} & wait`,
      {
        limits,
      },
    );
    await exactly(4);
    await delay(SOME_LOOKS_MS);
    expect(sleepers()).toHaveLength(4);
    program.streams.stdin.write('now\n');
    expect(await program.exited).toBe('The server had more than 6 processes');
  });

  it('cannot have more processes by making them daemons', async () => {
    const limits = { ...LIMITS, processes: 6 };
    const many = Array.from({ length: 8 }, () => daemon(sleep)).join('; ');
    const program = await start(`${many}; ${FOREVER}`, { limits });
    expect(await program.exited).toBe('The server had more than 6 processes');
    await exactly(0);
  });
});
