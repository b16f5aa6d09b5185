import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { certificateEnvironment } from '@manifold/config';
import type { Launcher, Owner, WayOut } from '@manifold/launcher';
import type { Interpreter } from './interpreter.js';
import { indexEnvironment, type PackageIndexes } from './package-indexes.js';
import { pipFault } from './pip-faults.js';
import { reasonsOf } from './pip-log.js';
import { runPython } from './python-process.js';
import { EXTRA_CERTIFICATES, PIP_PROGRAM } from './python-programs.js';
import { redactor } from './redaction.js';

export interface PipRun {
  /** The owner that may change the folder `work`, and that of the executable if pip installs. */
  readonly owner: Owner;
  /** The way to the indexes. */
  readonly network: WayOut;
  /** Python that runs pip and for which pip installs. */
  readonly executable: string;
  /** pip command, such as `install` or `download`, with its options. */
  readonly command: readonly string[];
  readonly requirements: readonly string[];
  readonly indexes: PackageIndexes;
  /** Whether packages may be built from source, which runs their code. */
  readonly allowScripts: boolean;
  /** Empty folder for pip's temporary files and log. */
  readonly work: string;
  /** Folder that pip changes besides, if any. */
  readonly folder?: string;
  readonly signal: AbortSignal;
  /** Called with each line that pip prints, without addresses and credentials. */
  readonly onLine: (line: string) => void;
}

/** How a run of pip ended. */
export interface PipEnd {
  readonly exit: number | string;
  /** The last printed lines, without addresses and credentials. */
  readonly lines: readonly string[];
}

const LOG = 'pip.log';
/** Options of every run. The timeout is in seconds, per connection and response; pip tries three times. */
const OPTIONS = ['--no-input', '--disable-pip-version-check', '--no-color', '--timeout', '15', '--retries', '2'];
const LINES_KEPT = 500;

/**
 * Runs the pip that the interpreter bundles, unpacked once into the cache. Environments have no pip of their own. This makes their
 * creation seconds faster, and a check for updates runs no code of an installed package.
 */
export class Pip {
  constructor(
    private readonly launcher: Launcher,
    private readonly interpreter: Interpreter,
    private readonly cacheDir: string,
  ) {}

  /** @returns how pip ended and what it printed. @throws LaunchError; the reason of the signal */
  async run(run: PipRun): Promise<PipEnd> {
    const { owner, network, executable, command, requirements, indexes, allowScripts, work, folder, signal } = run;
    const redacted = redactor(indexes);
    const lines: string[] = [];
    const onLine = (raw: string) => {
      const line = redacted(raw);
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      run.onLine(line);
    };
    const cache = await this.launcher.folderBelow(resolve(this.cacheDir), owner);
    const options = [...OPTIONS, ...(allowScripts ? [] : ['--only-binary', ':all:']), '--log', join(work, LOG)];
    const exit = await runPython(this.launcher, {
      owner,
      network,
      executable,
      program: PIP_PROGRAM,
      args: [...this.programArgs(cache, allowScripts), ...command, ...options, '--', ...requirements],
      cwd: work,
      readable: this.interpreter.places,
      writable: [work, cache, ...(folder === undefined ? [] : [folder])],
      env: this.environment(work, cache, indexes),
      signal,
      onLine,
    });
    return { exit, lines };
  }

  /**
   * Checks how pip ended. Its log must belong to the gateway by now, because the owner could put a link in its place.
   * @throws InstallError
   */
  async check({ exit, lines }: PipEnd, work: string, indexes: PackageIndexes): Promise<void> {
    if (exit === 0) return;
    const reasons = (await reasonsOf(join(work, LOG))).map(redactor(indexes));
    throw pipFault({ program: 'pip', exit, lines, reasons, python: this.interpreter.version });
  }

  private programArgs(cache: string, allowScripts: boolean): string[] {
    const { pipWheel } = this.interpreter;
    return [pipWheel, join(cache, basename(pipWheel, '.whl')), allowScripts ? 'any' : 'wheels-only'];
  }

  /** Returns an environment without the gateway's own pip configuration, password files and keyrings. */
  private environment(work: string, cache: string, indexes: PackageIndexes): Record<string, string> {
    return {
      HOME: work,
      TMPDIR: work,
      LC_ALL: 'C.UTF-8',
      PIP_CONFIG_FILE: '/dev/null',
      PIP_CACHE_DIR: join(cache, 'pip'),
      PIP_KEYRING_PROVIDER: 'disabled',
      ...pipCertificates(certificateEnvironment()),
      ...indexEnvironment(indexes),
    };
  }
}

/** Returns pip's variables for certificates. pip knows one file of its own; the program adds the file of Node to the certificates of pip. */
export function pipCertificates(given: Readonly<Record<string, string>>): Record<string, string> {
  const file = given.PIP_CERT || given.REQUESTS_CA_BUNDLE || given.SSL_CERT_FILE;
  if (file) return { PIP_CERT: file };
  return given.NODE_EXTRA_CA_CERTS ? { [EXTRA_CERTIFICATES]: given.NODE_EXTRA_CA_CERTS } : {};
}

/**
 * Runs a task with the path of a work folder, at which nothing is, and removes the folder afterwards. Its name cannot be guessed, and it is
 * one of an install folder, so the next start of the gateway removes what is left of it.
 * @param parent folder of the gateway
 */
export async function withWorkFolder<T>(parent: string, task: (work: string) => Promise<T>): Promise<T> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const work = join(resolve(parent), `work~${randomBytes(6).toString('hex')}`);
  try {
    return await task(work);
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 3 });
  }
}
