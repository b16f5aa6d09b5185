import { rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { thisRun } from './launches.js';
import { leftovers } from './leftovers.js';
import { processSpace, readProcess } from './process-table.js';

/** The note that a gateway writes when it starts. It says later whether the gateway still runs. */
interface RunRecord {
  /** Name of the boot and of the process namespace in which the following means something. */
  readonly space: string;
  readonly pid: number;
  readonly started: number;
}

const NAME = /^[0-9a-f]{32}$/;
const PRIVATE = 0o700;

/**
 * Ends all programs of gateways that used the folder before and were killed, and notes in it that this gateway runs. A program of a gateway
 * that runs, or of another machine, container or boot, is left alone. The note is removed when the gateway exits.
 * @param folder is created if it is missing
 * @param users the user ids of the owners in this data folder
 * @returns whether no other gateway is known to use the folder: what is left in it of programs is of none that runs
 */
export async function beginRun(folder: string, users: ReadonlySet<number>): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: PRIVATE });
  const { dead, isAlone } = await earlierRuns(folder);
  if (dead.size > 0) await leftovers.endAll(dead, users);
  for (const run of dead) await rm(join(folder, run), { force: true });
  await note(join(folder, thisRun));
  return isAlone;
}

async function note(path: string): Promise<void> {
  const self = readProcess('self');
  if (!self) return; // without /proc nothing of it could be found
  const record: RunRecord = { space: processSpace(), pid: self.pid, started: self.started };
  await writeFile(path, JSON.stringify(record), { mode: 0o600 });
  if (notes.size === 0) process.once('exit', removeNotes);
  notes.add(path);
}

/** Notes of this run, one in each data folder. */
const notes = new Set<string>();

function removeNotes(): void {
  for (const path of notes) rmSync(path, { force: true });
}

/**
 * Returns the runs of this machine whose gateway is gone. Records of other machines are removed, because no process of them is here. They may
 * still use the folder.
 */
async function earlierRuns(folder: string): Promise<{ dead: Set<string>; isAlone: boolean }> {
  const dead = new Set<string>();
  let isAlone = readProcess('self') !== undefined; // without /proc no gateway can tell
  for (const run of (await readdir(folder)).filter((name) => NAME.test(name))) {
    const record = await readRecord(join(folder, run));
    if (record?.space === processSpace() && readProcess(record.pid)?.started !== record.started) dead.add(run);
    else isAlone = false;
    if (record?.space !== processSpace()) await rm(join(folder, run), { force: true });
  }
  return { dead, isAlone };
}

/** Returns undefined if the record was not written to its end. */
async function readRecord(path: string): Promise<RunRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as RunRecord;
  } catch {
    return undefined;
  }
}
