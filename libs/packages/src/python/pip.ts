import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { inheritedEnvironment } from '@manifold/config';
import type { Interpreter } from './interpreter.js';
import { indexEnvironment, type PackageIndexes } from './package-indexes.js';
import { pipFault } from './pip-faults.js';
import { reasonsOf } from './pip-log.js';
import { runPython } from './python-process.js';
import { PIP_PROGRAM } from './python-programs.js';
import { redactor } from './redaction.js';

export interface PipRun {
  /** The Python that pip runs with, and installs for. */
  readonly executable: string;
  /** `install`, `download` or the like, with its options. */
  readonly command: readonly string[];
  readonly requirements: readonly string[];
  readonly indexes: PackageIndexes;
  /** Whether packages may be built from source, which runs their code. */
  readonly allowScripts: boolean;
  /** An empty folder for what pip writes besides; whoever called removes it. */
  readonly work: string;
  readonly signal: AbortSignal;
  /** What pip prints, without addresses and credentials. */
  readonly onLine: (line: string) => void;
}

/** Per connection and answer, in seconds; pip tries three times. */
const OPTIONS = ['--no-input', '--disable-pip-version-check', '--no-color', '--timeout', '15', '--retries', '2'];
const LINES_KEPT = 500;

/**
 * The pip that the interpreter brings for new environments, unpacked once into the cache. An environment has no pip of its own: it is
 * made seconds faster, and no code of an installed package is run to look for updates.
 */
export class Pip {
  private readonly cacheDir: string;

  constructor(
    private readonly interpreter: Interpreter,
    cacheDir: string,
  ) {
    this.cacheDir = resolve(cacheDir);
  }

  /** @throws InstallError; the reason of the signal */
  async run(run: PipRun): Promise<void> {
    const { executable, command, requirements, indexes, allowScripts, work, signal } = run;
    const redacted = redactor(indexes);
    const lines: string[] = [];
    const onLine = (raw: string) => {
      const line = redacted(raw);
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      run.onLine(line);
    };
    await mkdir(this.cacheDir, { recursive: true });
    const log = join(work, 'pip.log');
    const options = [...OPTIONS, ...(allowScripts ? [] : ['--only-binary', ':all:']), '--log', log];
    const exit = await runPython({
      executable,
      program: PIP_PROGRAM,
      args: [...this.programArgs(allowScripts), ...command, ...options, '--', ...requirements],
      cwd: work,
      env: this.environment(work, indexes),
      signal,
      onLine,
    });
    if (exit === 0) return;
    const reasons = (await reasonsOf(log)).map(redacted);
    throw pipFault({ program: 'pip', exit, lines, reasons, python: this.interpreter.version });
  }

  private programArgs(allowScripts: boolean): string[] {
    const { pipWheel } = this.interpreter;
    return [pipWheel, join(this.cacheDir, basename(pipWheel, '.whl')), allowScripts ? 'any' : 'wheels-only'];
  }

  /** Nothing of the gateway's own pip configuration, no password file, no keyring. */
  private environment(work: string, indexes: PackageIndexes): Record<string, string> {
    return {
      ...inheritedEnvironment(),
      HOME: work,
      TMPDIR: work,
      LC_ALL: 'C.UTF-8',
      PIP_CONFIG_FILE: '/dev/null',
      PIP_CACHE_DIR: join(this.cacheDir, 'pip'),
      PIP_KEYRING_PROVIDER: 'disabled',
      ...indexEnvironment(indexes),
    };
  }
}

/** Gives a task a folder that is gone afterwards. Its name cannot be guessed: a wheel that wrote into it could change pip while it runs. */
export async function withWorkFolder<T>(parent: string, task: (work: string) => Promise<T>): Promise<T> {
  await mkdir(parent, { recursive: true });
  const work = await mkdtemp(join(resolve(parent), 'work-'));
  try {
    return await task(work);
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 3 });
  }
}
