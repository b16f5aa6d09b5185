import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../../test/support/eventually.js';
import { isAlive } from '../../../../test/support/process-tree.js';
import { thisRun } from './launches.js';
import { processSpace, readProcess } from './process-table.js';
import { beginRun } from './runs.js';

describe('the note of a gateway that ran before', () => {
  let folder: string;
  let run: string;
  let marked: ChildProcess;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'manifold-runs-'));
    run = randomBytes(16).toString('hex');
    marked = spawn('sleep', ['1000'], {
      env: { PATH: process.env.PATH, MANIFOLD_LAUNCH: `${run}.7` },
      stdio: 'ignore',
    });
    await once(marked, 'spawn');
  });
  afterEach(() => {
    marked.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  const note = (record: unknown) => writeFileSync(join(folder, run), JSON.stringify(record));
  const isNoted = () => existsSync(join(folder, run));

  it('lets its programs be ended, even if another process has its id by now', async () => {
    note({ space: processSpace(), pid: process.pid, started: 1 });
    await beginRun(folder, new Set());
    await eventually('the program is gone', () => !isAlive(marked.pid!));
    expect(readdirSync(folder)).toEqual([thisRun]);
  });

  it('protects its programs as long as it runs', async () => {
    const { pid, started } = readProcess(process.pid)!;
    note({ space: processSpace(), pid, started });
    await beginRun(folder, new Set());
    expect(readdirSync(folder).sort()).toEqual([run, thisRun].sort());
    expect(isAlive(marked.pid!)).toBe(true);
  });

  it('means nothing on another machine, or after a restart of this one', async () => {
    note({ space: 'another', pid: process.pid, started: 1 });
    await beginRun(folder, new Set());
    expect(isNoted()).toBe(false);
    expect(isAlive(marked.pid!)).toBe(true);
  });

  it('is ignored if it was not written to its end', async () => {
    writeFileSync(join(folder, run), '{"space":');
    await beginRun(folder, new Set());
    expect(isNoted()).toBe(false);
    expect(isAlive(marked.pid!)).toBe(true);
  });
});
