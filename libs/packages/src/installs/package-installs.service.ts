import { Injectable } from '@nestjs/common';
import { ProblemError } from '@manifold/rest';
import { ServerHost, ServerPolicy, type ServerSettings } from '@manifold/server-model';
import { StoreConflictError, type Stored } from '@manifold/store';
import { scriptsOf } from './allowed-packages.js';
import type { InstallProgress } from '../model/install-progress.js';
import type { InstalledVersion, PackageRecord } from '../model/package-record.js';
import { PackageRecords } from '../model/package-records.service.js';
import type { WantedPackage } from '../model/package-runtime.js';
import { PackageRollouts, type RolloutSteps } from './package-rollouts.service.js';
import { PackageRuntimes } from './package-runtimes.js';

/** Package to install, and the server that will run it. */
export interface InstallRequest {
  readonly serverName: string;
  readonly runtime: PackageRecord['runtime'];
  readonly wanted: WantedPackage;
  /** Settings of the server. For stdio, `command` says which program of the package to run, and `args` follow it. */
  readonly settings: ServerSettings;
}

/**
 * Installs packages for new servers.
 *
 * 1. The files go into a new folder that no record refers to; 2. the package is recorded; 3. the server is registered. If an install ends
 * before the third step, its files and record are removed at once, or at the next start of the gateway.
 */
@Injectable()
export class PackageInstalls {
  constructor(
    private readonly rollouts: PackageRollouts,
    private readonly runtimes: PackageRuntimes,
    private readonly records: PackageRecords,
    private readonly host: ServerHost,
    private readonly policy: ServerPolicy,
  ) {}

  /**
   * Resolves when the server's first start has succeeded or failed. A package that is not an MCP server therefore stays installed.
   * @throws ProblemError, InstallError, PackageNotAllowedError
   */
  async install(tenant: string, request: InstallRequest, progress: InstallProgress): Promise<void> {
    this.check(tenant, request);
    const { serverName } = request;
    await this.rollouts.begin(tenant, serverName, progress, async (own) => {
      await this.makeRoom(tenant, serverName);
      await this.rollOut(tenant, request, own);
      own.onStep(95, 'starting the server');
      await this.host.settled(tenant, serverName, own.signal);
    });
  }

  /** Checks a request before any work starts. @throws ProblemError 400, 403, 409; PackageNotAllowedError */
  check(tenant: string, request: InstallRequest): void {
    this.checkPackage(tenant, request);
    const { serverName, settings } = request;
    this.host.check(isStdio(settings) ? { ...settings, command: 'node' } : settings);
    this.checkPolicy(tenant, request);
    if (this.host.find(tenant, serverName)) throw alreadyExists(serverName);
  }

  /** Checks who may run what, as far as it is known before the install. @throws ProblemError 403 */
  checkPolicy(tenant: string, { runtime, wanted, settings }: InstallRequest): void {
    this.policy.checkScripts(tenant, scriptsOf(runtime, wanted));
    if (!isStdio(settings)) return;
    const { command = 'node', args = [], env = {}, secretsAs, secretNames = [], network } = settings;
    const variables = [...Object.keys(env), ...(secretsAs === 'environment' ? secretNames : [])];
    // A word may be the name of a program of the package, which is not known yet. A path leads to another program.
    const program = { command, args, variables, network: network === 'open' ? undefined : network };
    this.policy.checkNew(tenant, program, !command.includes('/'));
  }

  /** @throws PackageNotAllowedError; ProblemError 403 */
  checkPackage(tenant: string, { runtime, wanted }: InstallRequest): void {
    this.rollouts.check(tenant, runtime, wanted);
  }

  /** Removes a package record without a server, which an interrupted install has left. @throws ProblemError 409 if the server exists */
  private async makeRoom(tenant: string, serverName: string): Promise<void> {
    if (await this.host.findStored(tenant, serverName)) throw alreadyExists(serverName);
    await this.records.remove(tenant, serverName);
  }

  private async rollOut(tenant: string, request: InstallRequest, progress: InstallProgress): Promise<void> {
    const { serverName, runtime, wanted, settings } = request;
    let recorded: Stored<PackageRecord> | undefined;
    const steps: RolloutSteps = {
      isProcess: () => isStdio(settings),
      record: async (version) => {
        recorded = await this.record(tenant, request, version);
      },
      start: async ({ launch }) => {
        await this.host.register(tenant, serverName, launched(settings, launch));
      },
      undo: async () => {
        // If the record stays, its files are removed all the same. The next install of the name or the next start removes the record.
        if (recorded) await this.records.discard(recorded.id).catch(() => undefined);
        return true;
      },
    };
    await this.rollouts.rollOut({ tenant, serverName, runtime, wanted, command: settings.command }, steps, progress);
  }

  private async record(
    tenant: string,
    { serverName, runtime, wanted, settings }: InstallRequest,
    current: InstalledVersion,
  ): Promise<Stored<PackageRecord>> {
    const record = {
      tenant,
      serverName,
      name: wanted.name,
      runtime,
      current,
      command: isStdio(settings) ? settings.command : undefined,
      allowScripts: wanted.allowScripts,
      python: wanted.python && this.runtimes.details(tenant, serverName, wanted.python),
      installedAt: new Date().toISOString(),
    };
    try {
      return await this.records.insert(record);
    } catch (error) {
      throw error instanceof StoreConflictError ? alreadyExists(serverName) : error;
    }
  }
}

function launched(settings: ServerSettings, launch: InstalledVersion['launch']): ServerSettings {
  if (!launch) return settings;
  return { ...settings, command: launch.command, args: [...launch.args, ...(settings.args ?? [])] };
}

const isStdio = ({ transportType }: ServerSettings): boolean => (transportType ?? 'stdio') === 'stdio';

const alreadyExists = (name: string): ProblemError =>
  new ProblemError(409, 'server_already_exists', `Server with name ${name} already exists`);
