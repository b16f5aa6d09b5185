import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { InstallProgress } from '../install-progress.js';
import type { InstalledPackage, Launch, PackageRuntime, WantedPackage } from '../package-runtime.js';
import {
  indexUrl,
  isExactVersion,
  pipDependencies,
  PythonInstaller,
  pythonModule,
  pythonName,
  pythonVersion,
  type WantedPythonPackage,
} from '../python/index.js';

/** Packages of a Python index, each in a virtual environment of its own. */
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

  async install(wanted: WantedPackage, folder: string, progress: InstallProgress): Promise<InstalledPackage> {
    const { version } = await this.installer.install(requestOf(wanted), folder, progress);
    return { version };
  }

  async launch({ python }: WantedPackage, folder: string): Promise<Launch> {
    return { command: join(folder, 'bin', 'python'), args: ['-m', python!.module] };
  }

  latest(wanted: WantedPackage, _folder: string, signal: AbortSignal): Promise<string> {
    return this.installer.latestVersion(requestOf(wanted), signal);
  }
}

const requestOf = ({ name, version, allowScripts, python }: WantedPackage): WantedPythonPackage => ({
  name,
  version,
  allowScripts,
  dependencies: python?.dependencies,
  indexUrl: python?.indexUrl,
  extraIndexUrl: python?.extraIndexUrl,
});
