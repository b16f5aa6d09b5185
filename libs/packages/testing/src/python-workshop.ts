import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PythonIndex } from '../../../../test/simulators/python-index/index.js';
import { PythonInstaller, PythonSettings, type InstalledPythonPackage } from '../../src/python/index.js';
import type { WantedPythonPackage } from '../../src/python/index.js';
import { RecordedProgress } from './recorded-progress.js';

type Wanted = Omit<WantedPythonPackage, 'allowScripts'> & { readonly allowScripts?: boolean };

/** A package index and an installer that uses it, in a folder of their own. */
export class PythonWorkshop {
  private made = 0;

  private constructor(
    readonly index: PythonIndex,
    readonly root: string,
  ) {}

  static async open(): Promise<PythonWorkshop> {
    return new PythonWorkshop(await PythonIndex.start(), await mkdtemp(join(tmpdir(), 'python-workshop-')));
  }

  async close(): Promise<void> {
    await this.index.stop();
    await rm(this.root, { recursive: true, force: true });
  }

  installer(settings: Partial<PythonSettings> = {}): PythonInstaller {
    return new PythonInstaller({
      bin: undefined,
      indexUrl: this.index.url,
      extraIndexUrl: undefined,
      cacheDir: join(this.root, 'cache'),
      timeoutMs: 60_000,
      ...settings,
    });
  }

  /** A path at which nothing is. */
  newFolder(): string {
    return join(this.root, 'environments', String(++this.made));
  }

  async install(
    wanted: Wanted,
    how: Partial<PythonSettings> = {},
  ): Promise<InstalledPythonPackage & { folder: string }> {
    const folder = this.newFolder();
    const asked = { allowScripts: false, ...wanted };
    return { ...(await this.installer(how).install(asked, folder, new RecordedProgress())), folder };
  }
}
