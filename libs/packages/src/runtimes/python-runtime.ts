import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { InstallProgress } from '../model/install-progress.js';
import type { InstalledPackage, Launch, PackageRuntime, WantedPackage } from '../model/package-runtime.js';
import {
  containsModule,
  indexUrl,
  isExactVersion,
  pipDependencies,
  PythonInstaller,
  pythonModule,
  pythonProgramOf,
  pythonName,
  pythonVersion,
  requirementName,
  type WantedPythonPackage,
} from '../python/index.js';

/** Runtime of Python packages. Each package has a separate virtual environment. */
@Injectable()
export class PythonRuntime implements PackageRuntime {
  readonly runtime = 'python';

  constructor(private readonly installer: PythonInstaller) {}

  check({ name, version, python }: WantedPackage): void {
    pythonName(name);
    pythonVersion(version);
    if (!python) return;
    if (python.module !== undefined) pythonModule(python.module);
    pipDependencies(python.dependencies);
    if (python.indexUrl !== undefined) indexUrl(python.indexUrl, 'pipIndexUrl');
    if (python.extraIndexUrl !== undefined) indexUrl(python.extraIndexUrl, 'pipExtraIndexUrl');
  }

  isExact(version: string): boolean {
    return isExactVersion(version);
  }

  async install(
    tenant: string,
    wanted: WantedPackage,
    folder: string,
    progress: InstallProgress,
  ): Promise<InstalledPackage> {
    const { version } = await this.installer.install(requestOf(tenant, wanted), folder, progress);
    return { version };
  }

  /**
   * Scripts are started by the interpreter: their first line names the folder in which they were made, and replicas move it.
   * @param command name of a console script, of the package or of a further one
   */
  async launch(wanted: WantedPackage, folder: string, command?: string): Promise<Launch> {
    const module = wanted.python?.module;
    const program = module === undefined ? await pythonProgramOf(folder, packagesOf(wanted), command) : { module };
    const args = 'module' in program ? ['-m', program.module] : [program.script];
    return { command: join(folder, 'bin', 'python'), args };
  }

  /**
   * The module may belong to a further package that the request names. Standard modules such as `timeit` would run any code. Console scripts
   * are only those of these packages.
   */
  async runsPackage(wanted: WantedPackage, folder: string): Promise<boolean> {
    const module = wanted.python?.module;
    return module === undefined || containsModule(folder, packagesOf(wanted), module);
  }

  latest(tenant: string, wanted: WantedPackage, signal: AbortSignal): Promise<string> {
    return this.installer.latestVersion(requestOf(tenant, wanted), signal);
  }
}

const packagesOf = ({ name, python }: WantedPackage): [string, ...string[]] => [
  name,
  ...(python?.dependencies ?? []).map(requirementName),
];

const requestOf = (tenant: string, { name, version, allowScripts, python }: WantedPackage): WantedPythonPackage => ({
  tenant,
  name,
  version,
  allowScripts,
  dependencies: python?.dependencies,
  indexUrl: python?.indexUrl,
  extraIndexUrl: python?.extraIndexUrl,
});
