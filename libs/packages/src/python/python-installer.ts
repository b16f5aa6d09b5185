import { dirname, join, resolve } from 'node:path';
import type { EgressProxy, ProxyClient } from '@manifold/egress';
import PQueue from 'p-queue';
import type { Launcher } from '@manifold/launcher';
import { showQueue } from '@manifold/metrics';
import { withProxy } from '../model/install-access.js';
import { InstallError } from '../model/install-error.js';
import { installOwner } from '../model/install-owner.js';
import type { InstallProgress } from '../model/install-progress.js';
import { Interpreters, type Interpreter } from './interpreter.js';
import { LatestVersion } from './latest-version.js';
import { indexesOf, type PackageIndexes } from './package-indexes.js';
import { Pip, withWorkFolder, type PipRun } from './pip.js';
import { PipSteps } from './pip-steps.js';
import { pipDependencies, pythonName, pythonVersion } from './python-grammar.js';
import type { PythonSettings } from './python-settings.js';
import { fromElsewhere, installedVersion } from './site-packages.js';
import { withinTime } from './time-limit.js';
import { makeEnvironment } from './virtual-environment.js';

/** Package to install. Index URLs of the request override those of the settings. */
export interface WantedPythonPackage extends PackageIndexes {
  /** Tenant for which the package is installed. */
  readonly tenant: string;
  readonly name: string;
  /** Version, range (`>=1,<2`) or `latest`. Default: the newest version. */
  readonly version?: string;
  /** Further packages (`httpx>=0.27`). */
  readonly dependencies?: readonly string[];
  /** Whether the package and its dependencies may be built from source, which runs their code during the install. */
  readonly allowScripts: boolean;
}

export interface InstalledPythonPackage {
  readonly name: string;
  readonly version: string;
  /** Version of the interpreter. */
  readonly python: string;
}

/** Checked install request. */
interface Install {
  readonly tenant: string;
  readonly name: string;
  readonly requirements: readonly string[];
  readonly indexes: PackageIndexes;
  readonly allowScripts: boolean;
  readonly folder: string;
}

const AT_ONCE = 2;
/** The index unless another one is configured, and the host of its files. */
const PYPI = ['https://pypi.org/', 'https://files.pythonhosted.org/'];

/**
 * Installs a Python package into a virtual environment of its own.
 * 1. `install` creates the environment in a folder that does not exist yet. The folder cannot be moved, because files in it contain its
 *    path.
 * 2. The programs of the install run for its tenant. When it has ended, the folder belongs to the gateway.
 * 3. `<folder>/bin/python -m <module>` or `<folder>/bin/python <folder>/bin/<script>` runs the package. An environment is never changed; an upgrade is an install into another folder.
 * 4. The caller must remove the folder, also after a failed install.
 */
export class PythonInstaller {
  private readonly interpreters: Interpreters;
  private readonly queue = new PQueue({ concurrency: AT_ONCE });

  constructor(
    private readonly settings: PythonSettings,
    private readonly launcher: Launcher,
    private readonly proxy: EgressProxy,
  ) {
    this.interpreters = new Interpreters(settings.bin, launcher);
    showQueue('python_installs', () => this.queue.size);
  }

  /** @throws PackageNotAllowedError before anything is run; InstallError */
  async install(
    wanted: WantedPythonPackage,
    folder: string,
    progress: InstallProgress,
  ): Promise<InstalledPythonPackage> {
    const { tenant, name, version, dependencies = [], allowScripts } = wanted;
    const requirements = [pythonName(name) + pythonVersion(version), ...pipDependencies(dependencies)];
    const indexes = indexesOf(wanted, this.settings);
    const install = { tenant, name, requirements, indexes, allowScripts, folder: resolve(folder) };
    progress.onStep(0, 'waiting for other installs');
    return this.inTurn(progress.signal, () =>
      withinTime(this.settings.timeoutMs, progress.signal, (signal) => this.make(install, progress, signal)),
    );
  }

  /**
   * Returns the newest version that `install` would choose now.
   * @throws PackageNotAllowedError before anything is run; InstallError
   */
  async latestVersion(
    wanted: Omit<WantedPythonPackage, 'version' | 'dependencies'>,
    signal: AbortSignal,
  ): Promise<string> {
    const name = pythonName(wanted.name);
    const indexes = indexesOf(wanted, this.settings);
    return withinTime(this.settings.timeoutMs, signal, async (ended) => {
      const owner = installOwner(wanted.tenant, false); // neither way runs code of a package
      const interpreter = await this.interpreters.get(owner);
      const pip = new Pip(this.launcher, interpreter, this.settings.cacheDir);
      const newest = new LatestVersion(pip, this.launcher, this.settings.cacheDir);
      return withProxy(this.proxy, this.client(wanted.tenant, name), (network) => {
        const question = { owner, network, executable: interpreter.executable, indexes, signal: ended };
        return wanted.allowScripts ? newest.ofAny(name, question) : newest.ofWheels(name, question);
      });
    });
  }

  private async make(
    install: Install,
    progress: InstallProgress,
    signal: AbortSignal,
  ): Promise<InstalledPythonPackage> {
    const { tenant, name, folder, allowScripts } = install;
    progress.onStep(2, 'looking for Python');
    const interpreter = await this.interpreters.get(installOwner(tenant, false));
    progress.onStep(5, 'making the virtual environment');
    await this.fill(interpreter, install, progress, signal);
    const foreign = allowScripts ? [] : await fromElsewhere(folder);
    if (foreign.length > 0) {
      const names = foreign.join(', ');
      throw new InstallError('refused_dependency', `A dependency does not come from the package index: ${names}`);
    }
    const version = await installedVersion(folder, name);
    if (version === undefined) throw new InstallError('install_failed', `pip did not install "${name}"`);
    progress.onStep(100, `installed ${name} ${version}`);
    return { name, version, python: interpreter.version };
  }

  /** Makes the environment and runs pip in it. Afterwards the folder belongs to the gateway. */
  private async fill(
    interpreter: Interpreter,
    { tenant, name, requirements, indexes, allowScripts, folder }: Install,
    progress: InstallProgress,
    signal: AbortSignal,
  ): Promise<void> {
    const { launcher } = this;
    const owner = installOwner(tenant, allowScripts);
    const pip = new Pip(launcher, interpreter, this.settings.cacheDir);
    const steps = new PipSteps(progress);
    const run = {
      ...{ owner, requirements, indexes, allowScripts, folder, signal },
      executable: join(folder, 'bin', 'python'),
      command: ['install', '--progress-bar', 'off', '--no-warn-script-location'],
      onLine: (line: string) => steps.onLine(line),
    };
    const install = (network: PipRun['network']): Promise<void> =>
      withWorkFolder(dirname(folder), async (work) => {
        const targets = [interpreter.realExecutable];
        const end = await launcher.fill({ owner, folders: [folder, work], targets }, async () => {
          await makeEnvironment(launcher, owner, interpreter, folder, signal, (line) => progress.onLog(line));
          progress.onStep(15, 'asking the package index');
          return pip.run({ ...run, network, work });
        });
        await pip.check(end, work, indexes);
      });
    await withProxy(this.proxy, this.client(tenant, name), install);
  }

  /** The operator's indexes are reached wherever they are. Those of a request are not: whoever sends one may not know the network. */
  private client(tenant: string, name: string): ProxyClient {
    const { indexUrl, extraIndexUrl } = this.settings;
    const main = indexUrl === undefined ? PYPI : [indexUrl];
    const configured = extraIndexUrl === undefined ? main : [...main, extraIndexUrl];
    return { tenant, name: `install of ${name}`, configured };
  }

  /** Queues a task. If the signal aborts while the task waits, this rejects at once. A running task handles the signal itself. */
  private async inTurn<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    const waiting = new AbortController();
    const leave = () => waiting.abort(new InstallError('cancelled', 'The operation was cancelled'));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    const begin = () => {
      signal.removeEventListener('abort', leave);
      return task();
    };
    return this.queue.add(begin, { signal: waiting.signal });
  }
}
