import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { InstallProgress } from '../install-progress.js';
import type { InstalledPackage, Launch, PackageRuntime, WantedPackage } from '../package-runtime.js';

/** Packages of a Python index, each in a virtual environment of its own. */
@Injectable()
export class PythonRuntime implements PackageRuntime {
  readonly runtime = 'python';

  check(wanted: WantedPackage): void {
    void wanted;
  }

  install(wanted: WantedPackage, folder: string, progress: InstallProgress): Promise<InstalledPackage> {
    void [wanted, folder, progress];
    throw new Error('to come');
  }

  async launch({ python }: WantedPackage, folder: string): Promise<Launch> {
    return { command: join(folder, 'bin/python'), args: ['-m', python!.module] };
  }

  latest(wanted: WantedPackage, folder: string, signal: AbortSignal): Promise<string> {
    void [wanted, folder, signal];
    throw new Error('to come');
  }
}
