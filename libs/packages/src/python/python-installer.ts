import { join, resolve } from 'node:path';
import PQueue from 'p-queue';
import { showQueue } from '@manifold/metrics';
import { InstallError } from '../install-error.js';
import type { InstallProgress } from '../install-progress.js';
import { Interpreters } from './interpreter.js';
import { latestOfAny, latestWheel } from './latest-version.js';
import { indexesOf, type PackageIndexes } from './package-indexes.js';
import { Pip, withWorkFolder } from './pip.js';
import { PipSteps } from './pip-steps.js';
import { pipDependencies, pythonName, pythonVersion } from './python-grammar.js';
import type { PythonSettings } from './python-settings.js';
import { fromElsewhere, installedVersion } from './site-packages.js';
import { withinTime } from './time-limit.js';
import { makeEnvironment } from './virtual-environment.js';

/** A package that an operator asks for. Its own indexes, where it has some, count instead of the operator's. */
export interface WantedPythonPackage extends PackageIndexes {
  readonly name: string;
  /** A version, a range (`>=1,<2`) or `latest`; the newest unless given. */
  readonly version?: string;
  /** Further packages (`httpx>=0.27`). */
  readonly dependencies?: readonly string[];
  /** Whether it, and what it needs, may be built from source: that runs their code while they are installed. */
  readonly allowScripts: boolean;
}

export interface InstalledPythonPackage {
  readonly name: string;
  readonly version: string;
  /** The version of the interpreter. */
  readonly python: string;
}

/** What is installed, and where, once all of it has been checked. */
interface Install {
  readonly name: string;
  readonly requirements: readonly string[];
  readonly indexes: PackageIndexes;
  readonly allowScripts: boolean;
  readonly folder: string;
}

const AT_ONCE = 2;

/**
 * Installs a Python package into a virtual environment of its own.
 * 1. `install` makes the environment in a folder that does not exist yet. It must stay there: its files hold its path.
 * 2. `<folder>/bin/python -m <module>` runs it. An environment is never changed; an upgrade is an install into another folder.
 * 3. Whoever called removes the folder, of an install that failed too.
 */
export class PythonInstaller {
  private readonly interpreters: Interpreters;
  private readonly queue = new PQueue({ concurrency: AT_ONCE });

  constructor(private readonly settings: PythonSettings) {
    this.interpreters = new Interpreters(settings.bin);
    showQueue('python_installs', () => this.queue.size);
  }

  /** @throws NotAllowed, with nothing run; InstallError */
  async install(
    wanted: WantedPythonPackage,
    folder: string,
    progress: InstallProgress,
  ): Promise<InstalledPythonPackage> {
    const { name, version, dependencies = [], allowScripts } = wanted;
    const requirements = [pythonName(name) + pythonVersion(version), ...pipDependencies(dependencies)];
    const indexes = indexesOf(wanted, this.settings);
    const install = { name, requirements, indexes, allowScripts, folder: resolve(folder) };
    progress.onStep(0, 'waiting for other installs');
    return this.inTurn(progress.signal, () =>
      withinTime(this.settings.timeoutMs, progress.signal, (signal) => this.make(install, progress, signal)),
    );
  }

  /**
   * The newest version that `install` would find now.
   * @throws NotAllowed, with nothing run; InstallError
   */
  async latestVersion(
    wanted: Omit<WantedPythonPackage, 'version' | 'dependencies'>,
    signal: AbortSignal,
  ): Promise<string> {
    const name = pythonName(wanted.name);
    const indexes = indexesOf(wanted, this.settings);
    return withinTime(this.settings.timeoutMs, signal, async (ended) => {
      const interpreter = await this.interpreters.get();
      const pip = new Pip(interpreter, this.settings.cacheDir);
      const newest = wanted.allowScripts ? latestOfAny : latestWheel;
      return withWorkFolder(this.settings.cacheDir, (work) =>
        newest(pip, name, { executable: interpreter.executable, indexes, work, signal: ended }),
      );
    });
  }

  private async make(
    install: Install,
    progress: InstallProgress,
    signal: AbortSignal,
  ): Promise<InstalledPythonPackage> {
    const { name, folder } = install;
    progress.onStep(2, 'looking for Python');
    const interpreter = await this.interpreters.get();
    progress.onStep(5, 'making the virtual environment');
    await makeEnvironment(interpreter, folder, signal, (line) => progress.onLog(line));
    progress.onStep(15, 'asking the package index');
    await this.fill(new Pip(interpreter, this.settings.cacheDir), install, progress, signal);
    const version = await installedVersion(folder, name);
    if (version === undefined) throw new InstallError('install_failed', `pip did not install "${name}"`);
    progress.onStep(100, `installed ${name} ${version}`);
    return { name, version, python: interpreter.version };
  }

  private async fill(pip: Pip, install: Install, progress: InstallProgress, signal: AbortSignal): Promise<void> {
    const { requirements, indexes, allowScripts, folder } = install;
    const steps = new PipSteps(progress);
    const executable = join(folder, 'bin', 'python');
    const command = ['install', '--progress-bar', 'off', '--no-warn-script-location'];
    await withWorkFolder(folder, (work) =>
      pip.run({
        executable,
        command,
        requirements,
        indexes,
        allowScripts,
        work,
        signal,
        onLine: (line) => steps.onLine(line),
      }),
    );
    const foreign = allowScripts ? [] : await fromElsewhere(folder);
    if (foreign.length === 0) return;
    const names = foreign.join(', ');
    throw new InstallError('refused_dependency', `A dependency does not come from the package index: ${names}`);
  }

  /** A signal that ends while the install waits is heeded at once; once it runs, it says itself when it has ended. */
  private async inTurn<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    const waiting = new AbortController();
    const leave = () => waiting.abort(new InstallError('cancelled', 'It was cancelled'));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    const begin = () => {
      signal.removeEventListener('abort', leave);
      return task();
    };
    return this.queue.add(begin, { signal: waiting.signal });
  }
}
