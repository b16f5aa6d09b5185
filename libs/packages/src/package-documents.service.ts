import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Problem, type FieldFault } from '@manifold/rest';
import {
  ServerExtensions,
  ServerHost,
  type PackageFacts,
  type ServerPackages,
  type ServerSettings,
} from '@manifold/server-hosting';
import { unfollowed } from './install-progress.js';
import { installRequest } from './install-request.js';
import { PackageFolders } from './package-folders.js';
import { PackageInstalls, type InstallRequest } from './package-installs.service.js';
import { asProblem } from './package-problems.js';
import { PackageRecords } from './package-records.service.js';
import { PackageUpgrades } from './package-upgrades.service.js';
import { InstallPackageDto } from './packages.dto.js';

/** The fields of an install that a document keeps: no addresses of indexes, which may hold credentials. */
const FACTS = [
  'name',
  'version',
  'runtime',
  'command',
  'args',
  'allowScripts',
  'pythonModule',
  'pythonArgs',
  'pipDependencies',
];

/** Packages in documents of servers: the facts of an install, as `POST /packages/install` takes them; and in the impact of a deletion. */
@Injectable()
export class PackageDocuments implements ServerPackages, OnModuleInit {
  constructor(
    private readonly records: PackageRecords,
    private readonly folders: PackageFolders,
    private readonly installs: PackageInstalls,
    private readonly upgrades: PackageUpgrades,
    private readonly host: ServerHost,
    private readonly extensions: ServerExtensions,
  ) {}

  onModuleInit(): void {
    this.extensions.packages = this;
    this.extensions.addImpact({ key: 'package', impactOf: (tenant, name) => this.impactOf(tenant, name) });
  }

  factsOf(tenant: string, name: string): PackageFacts | undefined {
    const record = this.records.known(tenant, name);
    if (!record) return undefined;
    const { runtime, current, command, allowScripts, python, launchArgs } = record;
    const transport = this.host.find(tenant, name)?.transport;
    const added = transport?.transportType === 'stdio' ? transport.args.slice(launchArgs) : [];
    const args = added.length > 0 ? added : undefined;
    return {
      name: record.name,
      version: current.version,
      ...(python
        ? { runtime, pythonModule: python.module, pythonArgs: args, pipDependencies: python.dependencies }
        : { command, args }),
      ...(allowScripts && { allowScripts }),
    };
  }

  faultsOf(facts: PackageFacts): readonly FieldFault[] {
    const unknown = Object.keys(facts).filter((field) => !FACTS.includes(field));
    if (unknown.length > 0) return unknown.map((field) => fault(field, 'unknown', `${field} is no fact of a package`));
    const body = plainToInstance(InstallPackageDto, { ...facts, serverName: 'server' });
    const faults = validateSync(body, { stopAtFirstError: true }).flatMap(({ property, constraints = {} }) =>
      Object.entries(constraints).map(([code, detail]) => fault(property, code, detail)),
    );
    if (faults.length > 0) return faults;
    try {
      this.installs.checkPackage(installRequest(body));
      return [];
    } catch (error) {
      const problem = asProblem(error);
      if (problem instanceof Problem) return problem.errors;
      throw error;
    }
  }

  async install(tenant: string, name: string, facts: PackageFacts, settings: ServerSettings): Promise<void> {
    try {
      const request = this.requestOf(name, facts, settings);
      const present = this.records.known(tenant, name);
      if (!this.host.find(tenant, name)) return await this.installs.install(tenant, request, unfollowed(NEVER));
      if (present?.name !== request.wanted.name || present.runtime !== request.runtime) {
        throw new Problem(409, 'server_already_exists', `Server ${name} does not come from ${request.wanted.name}`);
      }
      await this.upgrades.upgrade(tenant, name, request.wanted.version, unfollowed(NEVER));
      await this.host.redefine(tenant, name, await this.settingsNow(tenant, request));
    } catch (error) {
      throw asProblem(error);
    }
  }

  private async settingsNow(tenant: string, request: InstallRequest): Promise<ServerSettings> {
    const { runtime, current } = (await this.records.get(tenant, request.serverName)).value;
    return (await this.installs.launched(request, this.folders.path(runtime, current.folder))).settings;
  }

  private requestOf(serverName: string, facts: PackageFacts, settings: ServerSettings): InstallRequest {
    return installRequest({ ...settings, ...facts, serverName } as InstallPackageDto);
  }

  private async impactOf(tenant: string, name: string): Promise<unknown> {
    const record = this.records.known(tenant, name);
    if (!record) return undefined;
    const { runtime, current } = record;
    return { name: record.name, version: current.version, installPath: this.folders.path(runtime, current.folder) };
  }
}

/** An import is not cancelled. */
const NEVER = new AbortController().signal;

const fault = (field: string, code: string, detail: string): FieldFault => ({ pointer: `/${field}`, code, detail });
