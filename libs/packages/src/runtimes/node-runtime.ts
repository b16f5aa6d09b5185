import { join, relative } from 'node:path';
import { Injectable } from '@nestjs/common';
import semver from 'semver';
import { InstallError } from '../install-error.js';
import type { InstallProgress } from '../install-progress.js';
import { entriesOf, entryOf, NpmInstaller, NpmVersions, packageName, versionSpec } from '../npm/index.js';
import type { InstalledPackage, Launch, PackageRuntime, WantedPackage } from '../package-runtime.js';

/** Packages of npm, run with Node. */
@Injectable()
export class NodeRuntime implements PackageRuntime {
  readonly runtime = 'node';

  constructor(
    private readonly installer: NpmInstaller,
    private readonly versions: NpmVersions,
  ) {}

  check({ name, version }: WantedPackage): void {
    packageName(name);
    if (version !== undefined) versionSpec(version);
  }

  isExact(version: string): boolean {
    return semver.valid(version) === version;
  }

  install(wanted: WantedPackage, folder: string, progress: InstallProgress): Promise<InstalledPackage> {
    const { name, version, allowScripts, integrity } = wanted;
    return this.installer.install({ name, version, allowScripts, expectIntegrity: integrity }, folder, progress);
  }

  /**
   * @param command `node` or none: the package's own program; the name of one of its programs; a path inside the install
   * (`./node_modules/.bin/x`); or any other program, which is run as it is
   */
  async launch({ name }: WantedPackage, folder: string, command = 'node'): Promise<Launch> {
    if (command === 'node') return { command, args: [await entryOf(folder, name)] };
    if (/^(\.\/|node_modules\/)/.test(command)) return { command: inside(folder, command), args: [] };
    const entries = await entriesOf(folder, name);
    if (!entries.some((entry) => entry.name === command)) return { command, args: [] };
    return { command: 'node', args: [await entryOf(folder, name, command)] };
  }

  latest({ name }: WantedPackage, _folder: string, signal: AbortSignal): Promise<string> {
    return this.versions.latestVersion(name, { signal });
  }
}

function inside(folder: string, path: string): string {
  const file = join(folder, path);
  if (!relative(folder, file).startsWith('..')) return file;
  throw new InstallError('no_entry', 'The command is outside of the package');
}
