import { Injectable } from '@nestjs/common';
import type { PackagedServer, PackageFacts } from '@manifold/server-model';
import { PackageFolders } from '../model/package-folders.js';
import type { PackageRecord } from '../model/package-record.js';
import { PackageRecords } from '../model/package-records.service.js';
import type { Launch } from '../model/package-runtime.js';
import { PackageRuntimes } from '../installs/package-runtimes.js';

/** Reads the facts of installed packages for server documents: the fields of `POST /packages/install`. */
@Injectable()
export class PackagedServers {
  constructor(
    private readonly records: PackageRecords,
    private readonly folders: PackageFolders,
    private readonly runtimes: PackageRuntimes,
  ) {}

  async list(tenant: string): Promise<ReadonlyMap<string, PackagedServer>> {
    const records = await this.records.list(tenant);
    const packaged = records.map(
      async (record) => [record.serverName, { facts: factsOf(record), launch: await this.launchOf(record) }] as const,
    );
    return new Map(await Promise.all(packaged));
  }

  /** @throws ProblemError 404 */
  async factsOf(tenant: string, serverName: string): Promise<PackageFacts> {
    return factsOf((await this.records.get(tenant, serverName)).value);
  }

  /** Returns the start command; undefined if the record has none and the files are missing or damaged. */
  private async launchOf(record: PackageRecord): Promise<Launch | undefined> {
    const { runtime, current } = record;
    if (current.launch) return current.launch;
    const path = this.folders.path(runtime, current.folder);
    try {
      return await this.runtimes.launch(record, path);
    } catch {
      return undefined;
    }
  }
}

const factsOf = ({ name, current, runtime, command, allowScripts, python }: PackageRecord): PackageFacts => ({
  name,
  version: current.version,
  ...(python && { runtime, pipDependencies: python.dependencies }),
  ...(python?.module !== undefined && { pythonModule: python.module }),
  ...(command !== undefined && { command }),
  ...(allowScripts && { allowScripts }),
});
