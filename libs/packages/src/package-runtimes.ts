import { Injectable } from '@nestjs/common';
import { Keyring, sealedRecords } from '@manifold/secrets';
import { PACKAGES, type PackageRecord, type PythonDetails } from './package-record.js';
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
  async wanted(record: PackageRecord, version?: string): Promise<WantedPackage> {
    const { name, allowScripts, python } = record;
    return { name, version, allowScripts, python: python && (await wishes(record, python, this.keyring)) };
  }

  /** Python's part of a record, with index URLs sealed: they may hold credentials. */
  details(tenant: string, serverName: string, wishes: PythonWishes): PythonDetails {
    return details(tenant, serverName, wishes, this.keyring);
  }
}

function details(tenant: string, serverName: string, wishes: PythonWishes, keyring: Keyring): PythonDetails {
  const seal = (field: string, url?: string) =>
    url === undefined ? undefined : keyring.seal(url, contextOf(tenant, serverName, field));
  const [index, extra] = [seal('index', wishes.indexUrl), seal('extra index', wishes.extraIndexUrl)];
  return {
    module: wishes.module,
    dependencies: [...wishes.dependencies],
    keyId: index?.keyId ?? extra?.keyId,
    sealedIndexUrl: index?.sealed,
    sealedExtraIndexUrl: extra?.sealed,
  };
}

async function wishes(
  { tenant, serverName }: Pick<PackageRecord, 'tenant' | 'serverName'>,
  { module, dependencies, keyId, sealedIndexUrl, sealedExtraIndexUrl }: PythonDetails,
  keyring: Keyring,
): Promise<PythonWishes> {
  const open = async (field: string, sealed?: string) =>
    sealed === undefined ? undefined : keyring.open({ keyId: keyId!, sealed }, contextOf(tenant, serverName, field));
  return {
    module,
    dependencies,
    indexUrl: await open('index', sealedIndexUrl),
    extraIndexUrl: await open('extra index', sealedExtraIndexUrl),
  };
}

/** For the rotation of keys. */
export const SEALED_PACKAGES = sealedRecords<PackageRecord>({
  spec: PACKAGES,
  keyIds: ({ python }) => (python?.keyId === undefined ? [] : [python.keyId]),
  resealed: async (record, keyring) => {
    const { tenant, serverName, python } = record;
    if (!python) return record;
    return { ...record, python: details(tenant, serverName, await wishes(record, python, keyring), keyring) };
  },
});

const contextOf = (tenant: string, serverName: string, field: string): string[] => [
  'package index',
  tenant,
  serverName,
  field,
];
