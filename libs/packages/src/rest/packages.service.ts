import { Injectable } from '@nestjs/common';
import { ServerHost, startWarning } from '@manifold/server-model';
import type { InstallProgress } from '../model/install-progress.js';
import { PackageDeletions } from '../installs/package-deletions.service.js';
import { PackageInstalls, type InstallRequest } from '../installs/package-installs.service.js';
import { asProblem } from '../model/package-problems.js';
import { PackageQueries } from './package-queries.service.js';
import { PackageUpgrades } from '../installs/package-upgrades.service.js';
import type { PackageAndServerAnswerDto } from './packages.dto.js';

/**
 * Implements the routes that change packages. A package is identified by the name of its server. Its own name is also accepted if only
 * one server runs it.
 */
@Injectable()
export class PackagesService {
  constructor(
    private readonly queries: PackageQueries,
    private readonly installs: PackageInstalls,
    private readonly upgrades: PackageUpgrades,
    private readonly deletions: PackageDeletions,
    private readonly host: ServerHost,
  ) {}

  /** Checks an install before any work starts. @throws ProblemError if the install must be refused */
  checkInstall(tenant: string, request: InstallRequest): void {
    try {
      this.installs.check(tenant, request);
    } catch (error) {
      throw asProblem(error);
    }
  }

  async install(
    tenant: string,
    request: InstallRequest,
    progress: InstallProgress,
  ): Promise<PackageAndServerAnswerDto> {
    await this.installs.install(tenant, request, progress);
    return this.answer(tenant, request.serverName);
  }

  async upgrade(
    tenant: string,
    serverName: string,
    version: string | undefined,
    progress: InstallProgress,
  ): Promise<PackageAndServerAnswerDto> {
    await this.upgrades.upgrade(tenant, serverName, version, progress);
    return this.answer(tenant, serverName);
  }

  async setEnabled(tenant: string, name: string, enabled: boolean): Promise<PackageAndServerAnswerDto> {
    const serverName = await this.queries.serverOf(tenant, name);
    await (enabled ? this.host.enable(tenant, serverName) : this.host.disable(tenant, serverName));
    return this.answer(tenant, serverName);
  }

  async uninstall(tenant: string, name: string): Promise<void> {
    await this.deletions.uninstall(tenant, await this.queries.serverOf(tenant, name));
  }

  private async answer(tenant: string, serverName: string): Promise<PackageAndServerAnswerDto> {
    const installed = await this.queries.byServer(tenant, serverName, false);
    const server = this.host.view(tenant, serverName);
    return { success: true, ...startWarning(server), package: installed, server };
  }
}
