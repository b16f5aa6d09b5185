import { Injectable } from '@nestjs/common';
import { Keyring, sealedRecords } from '@manifold/secrets';
import { PACKAGES, type PackageRecord, type PythonDetails } from '../model/package-record.js';
import type { Launch, PackageRuntime, PythonOptions, WantedPackage } from '../model/package-runtime.js';
import { NodeRuntime } from '../runtimes/node-runtime.js';
import { PythonRuntime } from '../runtimes/python-runtime.js';

/** The runtimes by name, and the conversion between package records and install requests. */
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

  /** Returns the request with which the package was installed. */
  async wanted(record: PackageRecord, version?: string): Promise<WantedPackage> {
    const { name, allowScripts, python } = record;
    return { name, version, allowScripts, python: python && (await pythonOptions(record, python, this.keyring)) };
  }

  /** Returns the start command of a recorded package whose files are at `path`. @throws InstallError `no_entry` */
  async launch(record: PackageRecord, path: string): Promise<Launch> {
    return this.get(record.runtime).launch(await this.wanted(record), path, record.command);
  }

  /** Returns whether a start command of a recorded package runs a program of the package itself. */
  async runsPackage(record: PackageRecord, path: string, launch: Launch): Promise<boolean> {
    return this.get(record.runtime).runsPackage(await this.wanted(record), path, launch);
  }

  /** Returns the Python part of a record. Index URLs are encrypted, because they may contain credentials. */
  details(tenant: string, serverName: string, options: PythonOptions): PythonDetails {
    return details(tenant, serverName, options, this.keyring);
  }
}

function details(tenant: string, serverName: string, options: PythonOptions, keyring: Keyring): PythonDetails {
  const seal = (field: string, url?: string) =>
    url === undefined ? undefined : keyring.seal(url, contextOf(tenant, serverName, field));
  const [index, extra] = [seal('index', options.indexUrl), seal('extra index', options.extraIndexUrl)];
  return {
    module: options.module,
    dependencies: [...options.dependencies],
    keyId: index?.keyId ?? extra?.keyId,
    sealedIndexUrl: index?.sealed,
    sealedExtraIndexUrl: extra?.sealed,
  };
}

async function pythonOptions(
  { tenant, serverName }: Pick<PackageRecord, 'tenant' | 'serverName'>,
  { module, dependencies, keyId, sealedIndexUrl, sealedExtraIndexUrl }: PythonDetails,
  keyring: Keyring,
): Promise<PythonOptions> {
  const open = async (field: string, sealed?: string) =>
    sealed === undefined ? undefined : keyring.open({ keyId: keyId!, sealed }, contextOf(tenant, serverName, field));
  return {
    module,
    dependencies,
    indexUrl: await open('index', sealedIndexUrl),
    extraIndexUrl: await open('extra index', sealedExtraIndexUrl),
  };
}

/** Package records for the rotation of encryption keys. */
export const SEALED_INDEXES = sealedRecords<PackageRecord>({
  spec: PACKAGES,
  keyIds: ({ python }) => (python?.keyId === undefined ? [] : [python.keyId]),
  resealed: async (record, keyring) => {
    const { tenant, serverName, python } = record;
    if (!python) return record;
    return { ...record, python: details(tenant, serverName, await pythonOptions(record, python, keyring), keyring) };
  },
});

const contextOf = (tenant: string, serverName: string, field: string): string[] => [
  'package index',
  tenant,
  serverName,
  field,
];
