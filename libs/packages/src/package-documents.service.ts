import { isDeepStrictEqual } from 'node:util';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Problem, type FieldFault } from '@manifold/rest';
import {
  ServerExtensions,
  type PackagedServer,
  type PackageFacts,
  type ServerPackages,
  type ServerSettings,
} from '@manifold/server-hosting';
import { unfollowed } from './install-progress.js';
import { installRequest } from './install-request.js';
import { PackageFolders } from './package-folders.js';
import { PackageInstalls } from './package-installs.service.js';
import { asProblem } from './package-problems.js';
import type { PackageRecord } from './package-record.js';
import { PackageRecords } from './package-records.service.js';
import type { Launch } from './package-runtime.js';
import { PackageRuntimes } from './package-runtimes.js';
import { PackageUpgrades } from './package-upgrades.service.js';
import { InstallPackageDto } from './packages.dto.js';

/** The fields of an install that a document keeps: no addresses of indexes, which may hold credentials. */
const FACTS = ['name', 'version', 'runtime', 'command', 'allowScripts', 'pythonModule', 'pipDependencies'];

/** Packages in documents of servers: the facts of an install, as `POST /packages/install` takes them; and in the impact of a deletion. */
@Injectable()
export class PackageDocuments implements ServerPackages, OnModuleInit {
  constructor(
    private readonly records: PackageRecords,
    private readonly folders: PackageFolders,
    private readonly installs: PackageInstalls,
    private readonly upgrades: PackageUpgrades,
    private readonly runtimes: PackageRuntimes,
    private readonly extensions: ServerExtensions,
  ) {}

  onModuleInit(): void {
    this.extensions.packages = this;
    this.extensions.addImpact({ key: 'package', impactOf: (tenant, name) => this.impactOf(tenant, name) });
  }

  async list(tenant: string): Promise<ReadonlyMap<string, PackagedServer>> {
    const records = await this.records.list(tenant);
    const packaged = records.map(
      async (record) => [record.serverName, { facts: factsOf(record), launch: await this.launchOf(record) }] as const,
    );
    return new Map(await Promise.all(packaged));
  }

  faultsOf(tenant: string, facts: PackageFacts): readonly FieldFault[] {
    const unknown = Object.keys(facts).filter((field) => !FACTS.includes(field));
    if (unknown.length > 0) return unknown.map((field) => fault(field, 'unknown', `${field} is no fact of a package`));
    const body = plainToInstance(InstallPackageDto, { ...facts, serverName: 'server' });
    const faults = validateSync(body, { stopAtFirstError: true }).flatMap(({ property, constraints = {} }) =>
      Object.entries(constraints).map(([code, detail]) => fault(property, code, detail)),
    );
    if (faults.length > 0) return faults;
    try {
      const request = installRequest(body);
      this.installs.checkPackage(tenant, request);
      const { version } = request.wanted;
      if (version !== undefined && this.runtimes.get(request.runtime).isExact(version)) return [];
      return [
        fault('version', 'not_exact', 'version must name one version, so that the document means the same tomorrow'),
      ];
    } catch (error) {
      const problem = asProblem(error);
      if (problem instanceof Problem && problem.status === 403) return [fault('name', problem.code, problem.message)];
      if (problem instanceof Problem) return problem.errors;
      throw error;
    }
  }

  async install(tenant: string, name: string, facts: PackageFacts, settings: ServerSettings): Promise<void> {
    try {
      const request = installRequest({ ...settings, ...facts, serverName: name } as InstallPackageDto);
      await this.installs.install(tenant, request, unfollowed(NEVER));
    } catch (error) {
      throw asProblem(error);
    }
  }

  async change(tenant: string, name: string, facts: PackageFacts): Promise<void> {
    try {
      const { wanted } = installRequest({ ...facts, serverName: name } as InstallPackageDto);
      const { value } = await this.records.get(tenant, name);
      const [field] = differences(factsOf(value), facts);
      if (field !== undefined) {
        const detail = `Server ${name} has another package: ${field} differs. Only its version can be changed; delete the server first`;
        throw new Problem(409, 'package_differs', detail);
      }
      await this.upgrades.upgrade(tenant, name, wanted.version, unfollowed(NEVER));
    } catch (error) {
      throw asProblem(error);
    }
  }

  /** Not set where it was not recorded, and the files are missing or damaged. */
  private async launchOf(record: PackageRecord): Promise<Launch | undefined> {
    const { runtime, current, command } = record;
    if (current.launch) return current.launch;
    const path = this.folders.path(runtime, current.folder);
    try {
      return await this.runtimes.get(runtime).launch(await this.runtimes.wanted(record), path, command);
    } catch {
      return undefined;
    }
  }

  private async impactOf(tenant: string, name: string): Promise<unknown> {
    const stored = await this.records.find(tenant, name);
    if (!stored) return undefined;
    const { runtime, current } = stored.value;
    const installPath = this.folders.path(runtime, current.folder);
    return { name: stored.value.name, version: current.version, installPath };
  }
}

const factsOf = ({ name, current, runtime, command, allowScripts, python }: PackageRecord): PackageFacts => ({
  name,
  version: current.version,
  ...(python && { runtime, pythonModule: python.module, pipDependencies: python.dependencies }),
  ...(command !== undefined && { command }),
  ...(allowScripts && { allowScripts }),
});

/** The fields, beside the version, in which two packages are not the same. */
const differences = (installed: PackageFacts, wanted: PackageFacts): string[] =>
  FACTS.filter((field) => field !== 'version').filter(
    (field) => !isDeepStrictEqual(installed[field] ?? UNSAID[field], wanted[field] ?? UNSAID[field]),
  );

/** What it means when a document does not say it. */
const UNSAID: PackageFacts = { runtime: 'node', allowScripts: false, pipDependencies: [] };

/** An import is not cancelled. */
const NEVER = new AbortController().signal;

const fault = (field: string, code: string, detail: string): FieldFault => ({ pointer: `/${field}`, code, detail });
