import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { tupleKey, untilAborted } from '@manifold/async';
import { Bus, OnAnnounced, OnCalled, Topic } from '@manifold/bus';
import {
  ServerExtensions,
  type PreparedProgram,
  type ServerProgram,
  type ServerPrograms,
} from '@manifold/server-model';
import { StoreUnavailableError } from '@manifold/store';
import { dataFilesOf } from '../catalog/index.js';
import { scriptsOf } from './allowed-packages.js';
import { unfollowed } from '../model/install-progress.js';
import { PackageFolders } from '../model/package-folders.js';
import { asProblem } from '../model/package-problems.js';
import type { InstalledVersion, PackageRecord } from '../model/package-record.js';
import { PackageRecords } from '../model/package-records.service.js';
import { PackageRuntimes } from './package-runtimes.js';
import { relaunched, startsWith } from './relaunch.js';
import { SingleFlight } from '../model/single-flight.js';

/** Message: no record refers to these folders any more. */
interface RetiredFolders {
  readonly runtime: PackageRecord['runtime'];
  readonly folders: readonly string[];
}

const RETIRED = new Topic<RetiredFolders>('packages.retired');

interface PackagedServerName {
  readonly tenant: string;
  readonly serverName: string;
}

/** Announcement that each replica answers with its id. */
const CALLED = new Topic<PackagedServerName, string>('packages.called');
/** Request to a replica to install the version that the server will run next. The answer comes when the install has ended. */
const PREFETCH = new Topic<PackagedServerName, null>('packages.prefetch');

/**
 * The packages on this machine. Each replica has separate folders. A recorded package may have been installed by another replica, or its
 * folder may be lost. Before a server starts, its package is therefore installed here if it is missing, in the recorded version.
 */
@Injectable()
export class LocalPackages implements ServerPrograms, OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(LocalPackages.name);
  /** Running installs, by folder. */
  private readonly installs = new SingleFlight();
  /** Last read records, by server, so that servers can restart while the database is not available. */
  private readonly lastRead = new Map<string, PackageRecord>();
  private readonly ended = new AbortController();

  constructor(
    private readonly records: PackageRecords,
    private readonly folders: PackageFolders,
    private readonly runtimes: PackageRuntimes,
    private readonly extensions: ServerExtensions,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    this.extensions.programs = this;
  }

  onApplicationShutdown(): void {
    this.ended.abort(new Error('The gateway is shutting down'));
  }

  async prepare(tenant: string, name: string, program: ServerProgram, signal: AbortSignal): Promise<PreparedProgram> {
    const record = await this.read(tenant, name);
    if (!record) return { ...program, release: () => undefined };
    const version = versionOf(record, program);
    const release = this.folders.hold(record.runtime, version.folder);
    try {
      await this.ensureInstalled(record, version, signal);
      const folder = this.folders.path(record.runtime, version.folder);
      const dataFiles = dataFilesOf(record.runtime, record.name);
      return { ...(await this.locally(record, version, program)), folder, dataFiles, release };
    } catch (error) {
      release();
      throw asProblem(error);
    }
  }

  async isOfPackage(tenant: string, name: string, program: ServerProgram): Promise<boolean> {
    const record = await this.read(tenant, name);
    if (!record) return false;
    const { current, next } = record;
    if (await this.runsVersion(record, current, program)) return true;
    return next !== undefined && this.runsVersion(record, next, program);
  }

  /**
   * Makes all other replicas install the recorded version of a package before its server is started, so that calls need not wait for an
   * install. If a replica cannot install it, the error appears when that replica starts the server.
   * @throws the signal's reason
   */
  async prefetchOnReplicas(server: PackagedServerName, signal: AbortSignal): Promise<void> {
    const replicas = await this.bus.announce(CALLED, server);
    const prefetched = replicas.map((replica) => this.bus.call(replica, PREFETCH, server).catch(() => null));
    await untilAborted(Promise.all(prefetched), signal);
  }

  /** Removes folders that no record refers to any more on all machines. A machine keeps a folder while it is in use there. */
  async retire(runtime: PackageRecord['runtime'], folders: readonly string[]): Promise<void> {
    await this.retireHere({ runtime, folders });
    void this.bus.announce(RETIRED, { runtime, folders });
  }

  @OnAnnounced(RETIRED)
  async retireHere({ runtime, folders }: RetiredFolders): Promise<void> {
    await Promise.all(folders.map((folder) => this.folders.retire(runtime, folder)));
  }

  @OnAnnounced(CALLED)
  called(): string {
    return this.bus.replica;
  }

  @OnCalled(PREFETCH)
  async prefetch({ tenant, serverName }: PackagedServerName): Promise<null> {
    const record = await this.read(tenant, serverName);
    if (!record) return null;
    const version = record.next ?? record.current;
    const release = this.folders.hold(record.runtime, version.folder);
    try {
      await this.ensureInstalled(record, version, this.ended.signal);
    } finally {
      release();
    }
    return null;
  }

  private async read(tenant: string, serverName: string): Promise<PackageRecord | undefined> {
    const key = tupleKey(tenant, serverName);
    try {
      const record = (await this.records.find(tenant, serverName))?.value;
      if (record) this.lastRead.set(key, record);
      else this.lastRead.delete(key);
      return record;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      return this.lastRead.get(key);
    }
  }

  private async runsVersion(
    record: PackageRecord,
    version: InstalledVersion,
    program: ServerProgram,
  ): Promise<boolean> {
    const path = this.folders.path(record.runtime, version.folder);
    const launch = version.launch ?? (await this.runtimes.launch(record, path).catch(() => undefined));
    return launch !== undefined && startsWith(program, launch) && this.runtimes.runsPackage(record, path, launch);
  }

  private async ensureInstalled(record: PackageRecord, version: InstalledVersion, signal: AbortSignal): Promise<void> {
    if (this.folders.isThere(record.runtime, version.folder)) return;
    await this.installs.join(version.folder, signal, (given) => this.install(record, version, given));
  }

  private async install(record: PackageRecord, version: InstalledVersion, signal: AbortSignal): Promise<void> {
    const { tenant, serverName, runtime, name } = record;
    const wanted = { ...(await this.runtimes.wanted(record, version.version)), integrity: version.integrity };
    this.extensions.policy.checkScripts(tenant, scriptsOf(runtime, wanted));
    const ended = AbortSignal.any([signal, this.ended.signal]);
    const staging = await this.folders.create(runtime, serverName);
    const release = this.folders.hold(runtime, staging);
    try {
      await this.runtimes.get(runtime).install(tenant, wanted, this.folders.path(runtime, staging), unfollowed(ended));
      ended.throwIfAborted();
      await this.folders.move(runtime, staging, version.folder);
    } catch (error) {
      await this.folders.remove(runtime, staging);
      throw error;
    } finally {
      release();
    }
    this.logger.log({ msg: 'a package was installed on this machine', tenant, server: serverName, package: name });
  }

  /** Replaces paths of the machine that installed the version first by the paths of this machine. */
  private async locally(
    record: PackageRecord,
    version: InstalledVersion,
    program: ServerProgram,
  ): Promise<ServerProgram> {
    const path = this.folders.path(record.runtime, version.folder);
    if (version.path === undefined || version.path === path) return program;
    const launch = await this.runtimes.launch(record, path);
    return relaunched(program, { path: version.path, launch: version.launch }, { path, launch });
  }
}

/** Returns the version that the command refers to. During an upgrade, both versions may be started. */
function versionOf({ current, next }: PackageRecord, { command, args }: ServerProgram): InstalledVersion {
  const isNext = next !== undefined && [command, ...args].some((text) => text.includes(next.folder));
  return isNext ? next : current;
}
