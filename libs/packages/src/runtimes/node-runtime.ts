import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { Injectable } from '@nestjs/common';
import semver from 'semver';
import { InstallError } from '../model/install-error.js';
import type { InstallProgress } from '../model/install-progress.js';
import { entriesOf, entryOf, NpmInstaller, NpmVersions, packageName, startOf, versionSpec } from '../npm/index.js';
import type { InstalledPackage, Launch, PackageRuntime, WantedPackage } from '../model/package-runtime.js';

/** Runtime of npm packages, which run with Node. */
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

  async install(
    tenant: string,
    { name, version, allowScripts, integrity }: WantedPackage,
    folder: string,
    progress: InstallProgress,
  ): Promise<InstalledPackage> {
    const request = { tenant, name, version, allowScripts, expectIntegrity: integrity };
    const installed = await this.installer.install(request, folder, progress);
    return { version: installed.version, integrity: installed.integrity, deprecated: installed.deprecated };
  }

  /**
   * @param command `node` or undefined: the package's default program; the name of one of its programs; a path inside the install
   * (`./node_modules/.bin/x`); or any other program, which is started unchanged
   */
  async launch({ name }: WantedPackage, folder: string, command = 'node'): Promise<Launch> {
    if (command === 'node') return startOf(await entryOf(folder, name));
    if (/^(\.\/|node_modules\/)/.test(command)) return { command: inside(folder, command), args: [] };
    const entries = await entriesOf(folder, name);
    if (!entries.some((entry) => entry.name === command)) return { command, args: [] };
    return startOf(await entryOf(folder, name, command));
  }

  /** Programs of the package are started as a file by an interpreter, or are binaries. Every other command is started without arguments of its own. */
  async runsPackage({ name }: WantedPackage, folder: string, { command, args }: Launch): Promise<boolean> {
    return args.length > 0 || isBelow(join(folder, 'node_modules', name), command);
  }

  latest(_tenant: string, { name }: WantedPackage, signal: AbortSignal): Promise<string> {
    return this.versions.latestVersion(name, { signal });
  }
}

/** Returns whether a file lies below a folder, without symbolic links. */
async function isBelow(folder: string, file: string): Promise<boolean> {
  if (!isAbsolute(file)) return false;
  const [real, place] = await Promise.all([file, folder].map((path) => realpath(path).catch(() => undefined)));
  return real !== undefined && place !== undefined && real.startsWith(`${place}${sep}`);
}

function inside(folder: string, path: string): string {
  const file = join(folder, path);
  if (!relative(folder, file).startsWith('..')) return file;
  throw new InstallError('no_entry', 'The command resolves to a path outside the package');
}
