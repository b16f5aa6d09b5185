import { isDeepStrictEqual } from 'node:util';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { fieldFaults, ProblemError, type FieldFault } from '@manifold/rest';
import {
  ServerExtensions,
  type PackagedServer,
  type PackageFacts,
  type ServerPackages,
  type ServerSettings,
} from '@manifold/server-model';
import { unfollowed } from '../model/install-progress.js';
import { installRequest, type InstallFields } from './install-request.js';
import { PackageInstalls } from '../installs/package-installs.service.js';
import { asProblem } from '../model/package-problems.js';
import { PackageRuntimes } from '../installs/package-runtimes.js';
import { PackagedServers } from './packaged-servers.service.js';
import { PackageUpgrades } from '../installs/package-upgrades.service.js';
import { InstallPackageDto } from './packages.dto.js';

/** Fields of an install that a document contains. Index URLs are left out because they may contain credentials. */
const FACTS = ['name', 'version', 'runtime', 'command', 'allowScripts', 'pythonModule', 'pipDependencies'];

/** Exports and imports packages in server documents. A document has the facts of an install: the fields of `POST /packages/install`. */
@Injectable()
export class PackageDocuments implements ServerPackages, OnModuleInit {
  constructor(
    private readonly packaged: PackagedServers,
    private readonly installs: PackageInstalls,
    private readonly upgrades: PackageUpgrades,
    private readonly runtimes: PackageRuntimes,
    private readonly extensions: ServerExtensions,
  ) {}

  onModuleInit(): void {
    this.extensions.packages = this;
  }

  list(tenant: string): Promise<ReadonlyMap<string, PackagedServer>> {
    return this.packaged.list(tenant);
  }

  faultsOf(tenant: string, facts: PackageFacts): readonly FieldFault[] {
    const unknown = Object.keys(facts).filter((field) => !FACTS.includes(field));
    if (unknown.length > 0)
      return unknown.map((field) => fault(field, 'unknown', `${field} is not a property of a package`));
    const body = plainToInstance(InstallPackageDto, { ...facts, serverName: 'server' });
    const faults = [...fieldFaults(validateSync(body, { stopAtFirstError: true }))];
    if (faults.length > 0) return faults;
    try {
      const request = installRequest({ ...body, serverName: 'server' });
      this.installs.checkPackage(tenant, request);
      const { version } = request.wanted;
      if (version !== undefined && this.runtimes.get(request.runtime).isExact(version)) return [];
      return [fault('version', 'not_exact', 'version must be one exact version, such as 1.2.3')];
    } catch (error) {
      const problem = asProblem(error);
      if (problem instanceof ProblemError && problem.code === 'scripts_not_allowed') return []; // see `checkPolicy`
      if (problem instanceof ProblemError && problem.status === 403)
        return [fault('name', problem.code, problem.message)];
      if (problem instanceof ProblemError) return problem.errors;
      throw error;
    }
  }

  checkPolicy(tenant: string, name: string, facts: PackageFacts, settings: ServerSettings): void {
    const request = installRequest({ ...settings, ...facts, serverName: name } as InstallFields);
    this.installs.checkPolicy(tenant, request);
  }

  async install(tenant: string, name: string, facts: PackageFacts, settings: ServerSettings): Promise<void> {
    try {
      const request = installRequest({ ...settings, ...facts, serverName: name } as InstallFields);
      await this.installs.install(tenant, request, unfollowed(NEVER));
    } catch (error) {
      throw asProblem(error);
    }
  }

  async change(tenant: string, name: string, facts: PackageFacts): Promise<void> {
    try {
      const { wanted } = installRequest({ ...facts, serverName: name } as InstallFields);
      const [field] = differences(await this.packaged.factsOf(tenant, name), facts);
      if (field !== undefined) {
        const detail = `Server ${name} has another package: ${field} differs. Only its version can be changed; delete the server first`;
        throw new ProblemError(409, 'package_differs', detail);
      }
      await this.upgrades.upgrade(tenant, name, wanted.version, unfollowed(NEVER));
    } catch (error) {
      throw asProblem(error);
    }
  }
}

/** Returns the fields, except the version, that differ between two packages. */
const differences = (installed: PackageFacts, wanted: PackageFacts): string[] =>
  FACTS.filter((field) => field !== 'version').filter(
    (field) => !isDeepStrictEqual(installed[field] ?? UNSAID[field], wanted[field] ?? UNSAID[field]),
  );

/** Default values of facts that a document leaves out. */
const UNSAID: PackageFacts = { runtime: 'node', allowScripts: false, pipDependencies: [] };

/** Signal that never aborts: an import cannot be cancelled. */
const NEVER = new AbortController().signal;

const fault = (field: string, code: string, detail: string): FieldFault => ({ pointer: `/${field}`, code, detail });
