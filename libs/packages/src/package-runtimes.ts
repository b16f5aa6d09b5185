import { Injectable } from '@nestjs/common';
import { Keyring } from '@manifold/secrets';
import type { PackageRecord, PythonDetails } from './package-record.js';
import type { PackageRuntime, PythonWishes, WantedPackage } from './package-runtime.js';
import { NodeRuntime } from './runtimes/node-runtime.js';
import { PythonRuntime } from './runtimes/python-runtime.js';

/** The runtimes by name, and what a stored package tells them. */
@Injectable()
export class PackageRuntimes {
  constructor(
    private readonly node: NodeRuntime,
    private readonly python: PythonRuntime,
    private readonly keyring: Keyring,
  ) {}

  get(runtime: PackageRecord['runtime']): PackageRuntime {
    return runtime === 'python' ? this.python : this.node;
  }

  /** What was asked for when the package was installed. */
  wanted(record: PackageRecord, version?: string): WantedPackage {
    const { name, allowScripts, python } = record;
    return { name, version, allowScripts, python: python && this.wishes(record, python) };
  }

  /** Python's part of a record, with index URLs sealed: they may hold credentials. */
  details(tenant: string, serverName: string, wishes: PythonWishes): PythonDetails {
    const seal = (field: string, url?: string) =>
      url === undefined ? undefined : this.keyring.seal(url, contextOf(tenant, serverName, field));
    const [index, extra] = [seal('index', wishes.indexUrl), seal('extra index', wishes.extraIndexUrl)];
    return {
      module: wishes.module,
      dependencies: [...wishes.dependencies],
      keyId: index?.keyId ?? extra?.keyId,
      sealedIndexUrl: index?.sealed,
      sealedExtraIndexUrl: extra?.sealed,
    };
  }

  private wishes({ tenant, serverName }: PackageRecord, details: PythonDetails): PythonWishes {
    const { module, dependencies, keyId, sealedIndexUrl, sealedExtraIndexUrl } = details;
    const unseal = (field: string, sealed?: string) =>
      sealed === undefined ? undefined : this.keyring.unseal(keyId!, sealed, contextOf(tenant, serverName, field));
    return {
      module,
      dependencies,
      indexUrl: unseal('index', sealedIndexUrl),
      extraIndexUrl: unseal('extra index', sealedExtraIndexUrl),
    };
  }
}

const contextOf = (tenant: string, serverName: string, field: string): string[] => [
  'package index',
  tenant,
  serverName,
  field,
];
