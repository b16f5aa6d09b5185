import { Injectable } from '@nestjs/common';
import { Bus } from '@manifold/bus';
import { ServerHost } from '@manifold/server-model';
import { PackageFolders } from '../model/package-folders.js';
import type { PackageRecord } from '../model/package-record.js';
import { isNewer } from '../installs/package-updates.service.js';
import type { PackageDto } from './packages.dto.js';

/** Builds the REST representation of packages. */
@Injectable()
export class PackageViews {
  constructor(
    private readonly folders: PackageFolders,
    private readonly host: ServerHost,
    private readonly bus: Bus,
  ) {}

  of(record: PackageRecord): PackageDto {
    const { runtime, current, latestVersion } = record;
    const installPath = this.folders.path(runtime, current.folder);
    return {
      name: record.name,
      version: current.version,
      latestVersion,
      updateAvailable: isNewer(record, latestVersion),
      installPath,
      venvPath: runtime === 'python' ? installPath : undefined,
      runtime,
      status: this.statusOf(record),
      installed: record.installedAt,
      lastUpgraded: record.upgradedAt,
      mcpServerId: record.serverName,
      enabled: this.host.find(record.tenant, record.serverName)?.enabled ?? false,
      integrity: current.integrity,
      deprecated: current.deprecated,
      pythonModule: record.python?.module,
    };
  }

  private statusOf({ runtime, current, next }: PackageRecord): PackageDto['status'] {
    if (next) return 'upgrading';
    // With replicas, each one installs missing files when it starts the server. The status must not depend on the answering replica.
    return this.bus.isShared || this.folders.isThere(runtime, current.folder) ? 'installed' : 'missing';
  }
}
