import { Injectable } from '@nestjs/common';
import { DEFAULT_TENANT } from '@manifold/auth';
import type { StartPackage } from '@manifold/config';
import { ServerHost } from '@manifold/server-model';
import { Store, type Collection } from '@manifold/store';
import { unfollowed } from '../model/install-progress.js';
import { PackageInstalls } from './package-installs.service.js';
import { PackageWork } from './package-work.js';

/** Record that a package was installed for a server. If an operator removes the server later, it is not installed again. */
type InstalledOnce = { serverName: string; at: string };

/** Installs packages that are installed once in the life of the store. With replicas, the first one installs them. */
@Injectable()
export class OneTimeInstalls {
  private readonly installed: Collection<InstalledOnce>;

  constructor(
    private readonly installs: PackageInstalls,
    private readonly host: ServerHost,
    private readonly work: PackageWork,
    store: Store,
  ) {
    this.installed = store.collection<InstalledOnce>({ name: 'start_packages' });
  }

  /**
   * Installs a package unless it was installed before, or its server exists.
   * @param onInstalled called when the package is installed, before that is recorded
   * @throws the errors of an install; StoreConflictError if another replica has recorded the install meanwhile
   */
  async ensure(wanted: StartPackage, signal: AbortSignal, onInstalled: () => void): Promise<void> {
    const { serverName } = wanted;
    if (await this.installed.get(serverName)) return;
    await this.work.inTurn(`start package ${serverName}`, signal, async () => {
      if (await this.installed.get(serverName)) return;
      if (!(await this.host.findStored(DEFAULT_TENANT, serverName))) {
        await this.install(wanted, signal);
        onInstalled();
      }
      await this.installed.insert({ serverName, at: new Date().toISOString() }, { id: serverName });
    });
  }

  private async install({ name, version, serverName }: StartPackage, signal: AbortSignal): Promise<void> {
    const wanted = { name, version, allowScripts: false };
    const request = { serverName, runtime: 'node', wanted, settings: {} } as const;
    await this.installs.install(DEFAULT_TENANT, request, unfollowed(signal));
  }
}
