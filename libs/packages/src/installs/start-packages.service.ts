import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PackagesConfig, type StartPackage } from '@manifold/config';
import { StoreConflictError } from '@manifold/store';
import { OneTimeInstalls } from './one-time-installs.service.js';

/** Installs the packages in INSTALL_ON_START after the port is open. A failed install is tried again at the next start. */
@Injectable()
export class StartPackages implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(StartPackages.name);
  private readonly ended = new AbortController();

  constructor(
    private readonly config: PackagesConfig,
    private readonly http: HttpAdapterHost,
    private readonly installs: OneTimeInstalls,
  ) {}

  onModuleInit(): void {
    this.http.listen$.subscribe(() => {
      for (const wanted of this.config.installOnStart) void this.ensureInstalled(wanted);
    });
  }

  onApplicationShutdown(): void {
    this.ended.abort(new Error('The gateway is shutting down'));
  }

  /** Never rejects. */
  private async ensureInstalled(wanted: StartPackage): Promise<void> {
    const { signal } = this.ended;
    const { name, serverName } = wanted;
    const installed = { msg: 'a package of INSTALL_ON_START was installed', package: name, server: serverName };
    try {
      await this.installs.ensure(wanted, signal, () => this.logger.log(installed));
    } catch (err) {
      if (err instanceof StoreConflictError || signal.aborted) return;
      this.logger.error({ msg: 'a package of INSTALL_ON_START could not be installed', package: name, err });
    }
  }
}
