import { EventEmitter, once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { commandLine, processesNaming } from '../../../../test/support/process-tree.js';
import { NpmRegistrySimulator } from '../../../../test/simulators/npm-registry/index.js';
import type { EgressProxy } from '@manifold/egress';
import { testProxy } from '@manifold/egress/testing';
import { TestLauncher } from '@manifold/launcher/testing';
import { NpmInstaller, type NpmInstall, type NpmRequest } from '../../src/npm/npm-installer.js';
import type { NpmSettings } from '../../src/npm/npm-settings.js';

/** Options of Node that let it run the install program as it stands in the sources. */
export const RUN_TYPESCRIPT = ['--import', resolve(import.meta.dirname, '../../../../test/support/typescript.mjs')];

/** One install under way, and all that it has said so far. */
export class ObservedInstall {
  readonly steps: { readonly percent: number; readonly step: string }[] = [];
  readonly lines: string[] = [];
  readonly result: Promise<NpmInstall>;
  private readonly controller = new AbortController();
  private readonly news = new EventEmitter();

  constructor(
    readonly folder: string,
    start: (install: ObservedInstall, signal: AbortSignal) => Promise<NpmInstall>,
  ) {
    this.result = start(this, this.controller.signal);
    this.result.catch(() => undefined); // who awaits it is told
  }

  onStep(percent: number, step: string): void {
    this.steps.push({ percent, step });
  }

  onLog(line: string): void {
    this.lines.push(line);
    this.news.emit('line');
  }

  abort(): void {
    this.controller.abort();
  }

  /** Resolves when a log line has this text; rejects when the install ends before. */
  async says(text: string): Promise<void> {
    const ended = this.result.then(() => Promise.reject(new Error(`It never said: ${text}`)));
    while (!this.lines.some((line) => line.includes(text))) await Promise.race([once(this.news, 'line'), ended]);
  }
}

/** An option of Node that does nothing, by which the processes of a fixture are found. */
const markOf = (root: string): string => `--conditions=${basename(root)}`;

/** An installer in front of a simulated registry, with temporary folders of its own. */
export class NpmFixture {
  private folders = 0;

  private constructor(
    readonly root: string,
    readonly registry: NpmRegistrySimulator,
    readonly settings: NpmSettings,
    readonly launching: TestLauncher,
    readonly proxy: EgressProxy,
    readonly installer: NpmInstaller,
  ) {}

  /** @param environment settings of the launcher. @param egress what installs reach beside the registry */
  static async start(
    settings: Partial<NpmSettings> = {},
    environment: Readonly<Record<string, string>> = {},
    egress: Parameters<typeof testProxy>[0] = {},
  ): Promise<NpmFixture> {
    const root = await mkdtemp(join(tmpdir(), 'manifold-npm-'));
    await chmod(root, 0o755); // the user of an install must be able to pass
    const registry = await NpmRegistrySimulator.start();
    const complete: NpmSettings = {
      registry: registry.url,
      cacheDir: join(root, 'cache'),
      timeoutMs: 500_000,
      nodeOptions: [...RUN_TYPESCRIPT, markOf(root)],
      ...settings,
    };
    const launching = await TestLauncher.start(environment);
    const proxy = testProxy(egress);
    const installer = new NpmInstaller(complete, launching.launcher, proxy);
    return new NpmFixture(root, registry, complete, launching, proxy, installer);
  }

  /** Returns another installer with other settings. */
  installerWith(settings: Partial<NpmSettings>): NpmInstaller {
    return new NpmInstaller({ ...this.settings, ...settings }, this.launching.launcher, this.proxy);
  }

  async stop(): Promise<void> {
    await this.installer.onApplicationShutdown();
    this.proxy.onApplicationShutdown();
    await this.registry.stop();
    this.launching.end();
    await rm(this.root, { recursive: true });
  }

  /** Begins an install into a new folder. @param installer another one that has other settings */
  begin(request: Partial<NpmRequest> & { name: string }, installer = this.installer): ObservedInstall {
    this.folders += 1;
    const complete = { tenant: 'default', allowScripts: false, ...request };
    return new ObservedInstall(join(this.root, `install-${this.folders}`), (install, signal) =>
      installer.install(complete, install.folder, {
        signal,
        onStep: (percent, step) => install.onStep(percent, step),
        onLog: (line) => install.onLog(line),
      }),
    );
  }

  /** Process ids of the install programs of this fixture that run. */
  programs(): number[] {
    return processesNaming(markOf(this.root)).filter((pid) => commandLine(pid).includes('install-program'));
  }
}
