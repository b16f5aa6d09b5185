import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DEFAULT_TENANT } from '@manifold/auth';
import { PackagesConfig, type StartPackage } from '@manifold/config';
import { ServerHost } from '@manifold/server-hosting';
import { Store, StoreConflict, type Collection } from '@manifold/store';
import { unfollowed } from './install-progress.js';
import { PackageInstalls } from './package-installs.service.js';
import { PackageWork } from './package-work.js';

/** Servers that INSTALL_ON_START once brought: what an operator then removes does not come back. */
type Brought = { serverName: string; at: string };

/**
 * Installs what INSTALL_ON_START names, once the port is open; of several replicas the first one does. What could not be installed is
 * tried again at the next start.
 */
@Injectable()
export class StartPackages implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(StartPackages.name);
  private readonly brought: Collection<Brought>;
  private readonly ended = new AbortController();

  constructor(
    private readonly config: PackagesConfig,
    private readonly installs: PackageInstalls,
    private readonly host: ServerHost,
    private readonly http: HttpAdapterHost,
    private readonly work: PackageWork,
    store: Store,
  ) {
    this.brought = store.collection<Brought>({ name: 'start_packages' });
  }

  onModuleInit(): void {
    this.http.listen$.subscribe(() => {
      for (const wanted of this.config.installOnStart) void this.bring(wanted);
    });
  }

  onApplicationShutdown(): void {
    this.ended.abort(new Error('The gateway stops'));
  }

  private async bring(wanted: StartPackage): Promise<void> {
    const { signal } = this.ended;
    try {
      if (await this.brought.get(wanted.serverName)) return;
      await this.work.inTurn(`start package ${wanted.serverName}`, signal, () => this.bringInTurn(wanted));
    } catch (err) {
      if (err instanceof StoreConflict || signal.aborted) return;
      this.logger.error({ msg: 'a package of INSTALL_ON_START could not be installed', package: wanted.name, err });
    }
  }

  private async bringInTurn({ name, version, serverName }: StartPackage): Promise<void> {
    if (await this.brought.get(serverName)) return;
    if (!(await this.host.findStored(DEFAULT_TENANT, serverName))) {
      const wanted = { name, version, allowScripts: false };
      const request = { serverName, runtime: 'node', wanted, settings: {} } as const;
      await this.installs.install(DEFAULT_TENANT, request, unfollowed(this.ended.signal));
      this.logger.log({ msg: 'a package of INSTALL_ON_START was installed', package: name, server: serverName });
    }
    await this.brought.insert({ serverName, at: new Date().toISOString() }, { id: serverName });
  }
}
