import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { EgressProxy } from '@manifold/egress';
import PQueue from 'p-queue';
import { showQueue } from '@manifold/metrics';
import { Launcher } from '@manifold/launcher';
import { withProxy } from '../model/install-access.js';
import { InstallError } from '../model/install-error.js';
import { asInstallFault, installOwner } from '../model/install-owner.js';
import type { InstallProgress } from '../model/install-progress.js';
import { faultOf } from './install-fault.js';
import { runInstall } from './install-process.js';
import { NpmSettings } from './npm-settings.js';
import { credentialsOf, registriesIn, registryOptions, withoutCredentials } from './registry-access.js';

/** Package to install. Name and version were already checked by `packageName` and `versionSpec`. */
export interface NpmRequest {
  /** Tenant for which the package is installed. */
  readonly tenant: string;
  readonly name: string;
  /** Exact version, range or dist-tag. Default: `latest`. */
  readonly version?: string;
  /** Whether to run the install scripts of the package and of all its dependencies. */
  readonly allowScripts: boolean;
  /** Integrity that the registry gave for this version before. The install fails if it differs now (threat 38). */
  readonly expectIntegrity?: string;
}

export interface NpmInstall {
  readonly name: string;
  /** The exact version. */
  readonly version: string;
  /** Integrity of the tarball: `sha512-...`. */
  readonly integrity: string;
  /** Why the publisher no longer recommends the version. */
  readonly deprecated?: string;
}

/** Maximum number of parallel installs. Each one uses a CPU core. */
const AT_ONCE = 2;

/**
 * Installs npm packages into folders.
 *
 * Each install runs in a separate process of the tenant, with a minimal environment without secrets. Install scripts run only if they are
 * allowed. Dependencies come only from the registry, through the proxy of the gateway. When an install has ended, its files belong to the gateway.
 */
@Injectable()
export class NpmInstaller implements OnApplicationShutdown {
  private readonly queue = new PQueue({ concurrency: AT_ONCE });
  private readonly shutdown = new AbortController();

  constructor(
    private readonly settings: NpmSettings,
    private readonly launcher: Launcher,
    private readonly proxy: EgressProxy,
  ) {
    showQueue('npm_installs', () => this.queue.size);
  }

  /**
   * @param folder absolute path that does not exist yet. After an error, the caller must remove the folder
   * @throws InstallError; no process of the install runs any more
   */
  async install(request: NpmRequest, folder: string, progress: InstallProgress): Promise<NpmInstall> {
    const signal = AbortSignal.any([progress.signal, this.shutdown.signal]);
    // The queue's signal is used only while the task waits: for a running task, it would reject before the task has ended.
    const waiting = new AbortController();
    const leave = (): void => waiting.abort(cancelled());
    if (signal.aborted) throw cancelled();
    signal.addEventListener('abort', leave, { once: true });
    const run = (): Promise<NpmInstall> => {
      signal.removeEventListener('abort', leave);
      return this.run(request, folder, signal, progress);
    };
    progress.onStep(0, 'Waiting for its turn');
    return this.queue.add(run, { signal: waiting.signal });
  }

  async onApplicationShutdown(): Promise<void> {
    this.shutdown.abort();
    await this.queue.onIdle();
  }

  private async run(
    request: NpmRequest,
    folder: string,
    given: AbortSignal,
    progress: InstallProgress,
  ): Promise<NpmInstall> {
    const { timeoutMs } = this.settings;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const signal = AbortSignal.any([given, timeout]);
      const installed = await this.fill(request, folder, signal, progress);
      progress.onStep(100, 'Installed');
      return installed;
    } catch (error) {
      if (given.aborted) throw cancelled();
      if (timeout.aborted) throw new InstallError('timeout', `The install took more than ${timeoutMs / 1000} s`);
      throw asInstallError(error);
    }
  }

  private async fill(
    { tenant, name, version = 'latest', allowScripts, expectIntegrity }: NpmRequest,
    folder: string,
    signal: AbortSignal,
    progress: InstallProgress,
  ): Promise<NpmInstall> {
    const { nodeOptions } = this.settings;
    const registries = registryOptions(this.settings);
    const owner = installOwner(tenant, allowScripts);
    const client = { tenant, name: `install of ${name}`, configured: registriesIn(registries) };
    return this.launcher.fill({ owner, folders: [folder] }, async () => {
      // npm's cache may have the fields of requests. Scripts, and later installs of the tenant, must not find credentials in it.
      const isPrivate = credentialsOf(registries).length > 0;
      const cacheDir = isPrivate ? folder : await this.launcher.folderBelow(this.settings.cacheDir, owner);
      const order = { stage: 'fetch', name, version, folder, registries, cacheDir, expectIntegrity } as const;
      return withProxy(this.proxy, client, async (network) => {
        const run = { owner, nodeOptions, network, signal, progress };
        const installed = await runInstall(this.launcher, { ...run, order });
        if (!installed) throw new InstallError('install_failed', 'The install did not say what it has installed');
        // Another process runs the scripts: they could read the credentials of the registries from one of their own user.
        const scripts = { ...order, stage: 'scripts', registries: withoutCredentials(registries) } as const;
        if (allowScripts) await runInstall(this.launcher, { ...run, order: scripts });
        const { version: exact, integrity, deprecated } = installed;
        return { name, version: exact, integrity, ...(deprecated !== undefined && { deprecated }) };
      });
    });
  }
}

const cancelled = (): InstallError => new InstallError('cancelled', 'The install was cancelled');

function asInstallError(error: unknown): unknown {
  const known = asInstallFault(error);
  if (known instanceof InstallError) return known;
  const { code, message } = faultOf(error);
  return new InstallError(code, message, { cause: error });
}
