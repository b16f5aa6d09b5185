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
    pythonModule(python.module);
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

  async launch({ python }: WantedPackage, folder: string): Promise<Launch> {
    return { command: join(folder, 'bin', 'python'), args: ['-m', python!.module] };
  }

  /** The module may belong to a further package that the request names. Standard modules such as `timeit` would run any code. */
  async runsPackage({ name, python }: WantedPackage, folder: string): Promise<boolean> {
    const packages = [name, ...python!.dependencies.map(requirementName)];
    return containsModule(folder, packages, python!.module);
  }

  latest(tenant: string, wanted: WantedPackage, signal: AbortSignal): Promise<string> {
    return this.installer.latestVersion(requestOf(tenant, wanted), signal);
  }
}

const requestOf = (tenant: string, { name, version, allowScripts, python }: WantedPackage): WantedPythonPackage => ({
  tenant,
  name,
  version,
  allowScripts,
  dependencies: python?.dependencies,
  indexUrl: python?.indexUrl,
  extraIndexUrl: python?.extraIndexUrl,
});
