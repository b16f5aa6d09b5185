import { mkdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EgressProxy } from '@manifold/egress';
import { testProxy } from '@manifold/egress/testing';
import { TestLauncher } from '@manifold/launcher/testing';
import { PythonIndex } from '../../../../test/simulators/python-index/index.js';
import { PythonInstaller, type PythonSettings, type InstalledPythonPackage } from '../../src/python/index.js';
import type { WantedPythonPackage } from '../../src/python/index.js';
import { RecordedProgress } from './recorded-progress.js';

type Wanted = Omit<WantedPythonPackage, 'tenant' | 'allowScripts'> &
  Partial<Pick<WantedPythonPackage, 'tenant' | 'allowScripts'>>;

/** A package index and an installer that uses it, in a folder of their own. */
export class PythonFixture {
  private made = 0;

  private constructor(
    readonly index: PythonIndex,
    readonly root: string,
    readonly launching: TestLauncher,
    private readonly proxy: EgressProxy,
  ) {}

  /** @param environment settings of the launcher. @param egress what installs reach: unless told, all of loopback */
  static async open(
    environment: Readonly<Record<string, string>> = {},
    egress: Parameters<typeof testProxy>[0] = { allow: '127.0.0.1' },
  ): Promise<PythonFixture> {
    const root = await mkdtemp(join(tmpdir(), 'python-fixture-'));
    await chmod(root, 0o755); // the user of an install must be able to pass
    const launching = await TestLauncher.start(environment);
    return new PythonFixture(await PythonIndex.start(), root, launching, testProxy(egress));
  }

  async close(): Promise<void> {
    this.proxy.onApplicationShutdown();
    await this.index.stop();
    this.launching.end();
    await rm(this.root, { recursive: true, force: true });
  }

  installer(settings: Partial<PythonSettings> = {}): PythonInstaller {
    const complete = {
      bin: undefined,
      indexUrl: this.index.url,
      extraIndexUrl: undefined,
      cacheDir: join(this.root, 'cache'),
      timeoutMs: 600_000, // no install of a test is to fail because the machine is busy
      ...settings,
    };
    return new PythonInstaller(complete, this.launching.launcher, this.proxy);
  }

  /** A path at which nothing is. */
  newFolder(): string {
    const parent = join(this.root, 'environments');
    mkdirSync(parent, { recursive: true, mode: 0o711 });
    return join(parent, String(++this.made));
  }

  async install(
    wanted: Wanted,
    how: Partial<PythonSettings> = {},
  ): Promise<InstalledPythonPackage & { folder: string }> {
    const folder = this.newFolder();
    const asked = { tenant: 'default', allowScripts: false, ...wanted };
    return { ...(await this.installer(how).install(asked, folder, new RecordedProgress())), folder };
  }
}
