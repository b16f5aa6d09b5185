import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ServerExtensions } from '@manifold/server-model';
import { PackageFolders } from '../model/package-folders.js';
import { PackageRecords } from '../model/package-records.service.js';

/** Adds the package to the impact of a server's deletion. */
@Injectable()
export class PackageImpact implements OnModuleInit {
  constructor(
    private readonly records: PackageRecords,
    private readonly folders: PackageFolders,
    private readonly extensions: ServerExtensions,
  ) {}

  onModuleInit(): void {
    this.extensions.addImpact({ key: 'package', impactOf: (tenant, name) => this.impactOf(tenant, name) });
  }

  private async impactOf(tenant: string, name: string): Promise<unknown> {
    const stored = await this.records.find(tenant, name);
    if (!stored) return undefined;
    const { runtime, current } = stored.value;
    const installPath = this.folders.path(runtime, current.folder);
    return { name: stored.value.name, version: current.version, installPath };
  }
}
