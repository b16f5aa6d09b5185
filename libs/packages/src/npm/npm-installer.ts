import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import PQueue from 'p-queue';
import { showQueue } from '@manifold/metrics';
import { InstallError } from '../install-error.js';
import type { InstallProgress } from '../install-progress.js';
import { runInstall } from './install-process.js';
import { NpmSettings } from './npm-settings.js';

/** What is to be installed. Names and versions have passed the grammar. */
export interface NpmRequest {
  readonly name: string;
  /** An exact version, a range or a dist-tag; `latest` unless given. */
  readonly version?: string;
  /** Whether install scripts run: those of the package, and of all that it depends on. */
  readonly allowScripts: boolean;
  /** What the registry said of this version before; anything else now is refused (threat 38). */
  readonly expectIntegrity?: string;
}

export interface NpmInstall {
  readonly name: string;
  /** The exact version. */
  readonly version: string;
  /** Of the tarball: `sha512-...`. */
  readonly integrity: string;
}

/** Installs at the same time: they take a processor each. */
const AT_ONCE = 2;

/**
 * Puts npm packages into folders.
 *
 * Each install is a process of its own, with the environment that programs need to find their way and no secrets; install scripts are off
 * unless they are allowed. Dependencies come from the registry only.
 */
@Injectable()
export class NpmInstaller implements OnApplicationShutdown {
  private readonly queue = new PQueue({ concurrency: AT_ONCE });
  private readonly shutdown = new AbortController();

  constructor(private readonly settings: NpmSettings) {
    showQueue('npm_installs', () => this.queue.size);
  }

  /**
   * @param folder absolute path; does not exist yet. After an error it is the caller's to remove what there is
   * @throws InstallError. Nothing of the install runs any more
   */
  async install(request: NpmRequest, folder: string, progress: InstallProgress): Promise<NpmInstall> {
    const signal = AbortSignal.any([progress.signal, this.shutdown.signal]);
    // The queue's own signal is for those who wait: it would not wait for the end of what runs.
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
    const { name, version = 'latest', allowScripts, expectIntegrity } = request;
    const { registry, cacheDir, timeoutMs, nodeOptions } = this.settings;
    const order = { name, version, folder, registry, cacheDir, allowScripts, expectIntegrity };
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const signal = AbortSignal.any([given, timeout]);
      const { version: exact, integrity } = await runInstall({ order, nodeOptions, signal, progress });
      progress.onStep(100, 'Installed');
      return { name, version: exact, integrity };
    } catch (error) {
      if (given.aborted) throw cancelled();
      if (timeout.aborted) throw new InstallError('timeout', `The install took more than ${timeoutMs / 1000} s`);
      throw error;
    }
  }
}

const cancelled = (): InstallError => new InstallError('cancelled', 'The install was cancelled');
