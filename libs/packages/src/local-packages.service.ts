import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { untilAborted } from '@manifold/cancellation';
import { Bus, Topic, type Unsubscribe } from '@manifold/bus';
import {
  ServerExtensions,
  type PreparedProgram,
  type ServerProgram,
  type ServerPrograms,
} from '@manifold/server-hosting';
import { StoreUnavailable } from '@manifold/store';
import { unfollowed } from './install-progress.js';
import { PackageFolders } from './package-folders.js';
import { asProblem } from './package-problems.js';
import type { InstalledVersion, PackageRecord } from './package-record.js';
import { PackageRecords } from './package-records.service.js';
import { PackageRuntimes } from './package-runtimes.js';
import { relaunched } from './relaunch.js';
import { SharedWork } from './shared-work.js';

/** No record names these folders any more. */
const RETIRED = new Topic<{ readonly runtime: PackageRecord['runtime']; readonly folders: readonly string[] }>(
  'packages.retired',
);

interface PackagedServerName {
  readonly tenant: string;
  readonly serverName: string;
}

/** Who is there? Replicas answer with their names. */
const CALLED = new Topic<PackagedServerName, string>('packages.called');
/** Answered when the version that the server is to run next is there, or could not be brought. */
const BROUGHT = new Topic<PackagedServerName, null>('packages.brought');

/**
 * The packages on this machine. Each replica has folders of its own, and what is recorded may have been installed by another one, or in
 * a folder that was lost: what a server is started from is installed here when it is missing, in the version that the record names.
 */
@Injectable()
export class LocalPackages implements ServerPrograms, OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(LocalPackages.name);
  /** By folder. */
  private readonly installs = new SharedWork();
  /** By server, as last read: servers start again while the database is away. */
  private readonly lastRead = new Map<string, PackageRecord>();
  private unsubscribe: Unsubscribe[] = [];
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
    this.unsubscribe = [
      this.bus.onAnnounced(RETIRED, ({ runtime, folders }) => this.retireHere(runtime, folders)),
      this.bus.onAnnounced(CALLED, () => this.bus.replica),
      this.bus.onAsked(BROUGHT, (server) => this.bringNewest(server)),
    ];
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
    this.ended.abort(new Error('The gateway stops'));
  }

  async prepare(tenant: string, name: string, program: ServerProgram, signal: AbortSignal): Promise<PreparedProgram> {
    const record = await this.read(tenant, name);
    if (!record) return { ...program, release: () => undefined };
    const version = versionOf(record, program);
    const release = this.folders.hold(record.runtime, version.folder);
    try {
      await this.bring(record, version, signal);
      return { ...(await this.locally(record, version, program)), release };
    } catch (error) {
      release();
      throw asProblem(error);
    }
  }

  /**
   * Has all other replicas bring what is recorded of a package, before servers are started from it: their calls need not wait for an
   * install then. A replica that cannot bring it will say so when it starts the server.
   * @throws the signal's reason
   */
  async spread(server: PackagedServerName, signal: AbortSignal): Promise<void> {
    const replicas = await this.bus.announce(CALLED, server);
    const brought = replicas.map((replica) => this.bus.ask(replica, BROUGHT, server).catch(() => null));
    await untilAborted(Promise.all(brought), signal);
  }

  /** Removes installs that no record names any more from all machines, when nothing runs from them there. */
  async retire(runtime: PackageRecord['runtime'], folders: readonly string[]): Promise<void> {
    await this.retireHere(runtime, folders);
    void this.bus.announce(RETIRED, { runtime, folders });
  }

  private async retireHere(runtime: PackageRecord['runtime'], folders: readonly string[]): Promise<void> {
    await Promise.all(folders.map((folder) => this.folders.retire(runtime, folder)));
  }

  private async bringNewest({ tenant, serverName }: PackagedServerName): Promise<null> {
    const record = await this.read(tenant, serverName);
    if (!record) return null;
    const version = record.next ?? record.current;
    const release = this.folders.hold(record.runtime, version.folder);
    try {
      await this.bring(record, version, this.ended.signal);
    } finally {
      release();
    }
    return null;
  }

  private async read(tenant: string, serverName: string): Promise<PackageRecord | undefined> {
    const key = JSON.stringify([tenant, serverName]);
    try {
      const record = (await this.records.find(tenant, serverName))?.value;
      if (record) this.lastRead.set(key, record);
      else this.lastRead.delete(key);
      return record;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return this.lastRead.get(key);
    }
  }

  private async bring(record: PackageRecord, version: InstalledVersion, signal: AbortSignal): Promise<void> {
    if (this.folders.isThere(record.runtime, version.folder)) return;
    await this.installs.join(version.folder, signal, (given) => this.install(record, version, given));
  }

  private async install(record: PackageRecord, version: InstalledVersion, signal: AbortSignal): Promise<void> {
    const { tenant, serverName, runtime, name } = record;
    const wanted = { ...(await this.runtimes.wanted(record, version.version)), integrity: version.integrity };
    const ended = AbortSignal.any([signal, this.ended.signal]);
    const staging = await this.folders.create(runtime, serverName);
    const release = this.folders.hold(runtime, staging);
    try {
      await this.runtimes.get(runtime).install(wanted, this.folders.path(runtime, staging), unfollowed(ended));
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

  /** The record's command names files where they lay on the machine that installed them first. */
  private async locally(
    record: PackageRecord,
    version: InstalledVersion,
    program: ServerProgram,
  ): Promise<ServerProgram> {
    const { runtime, command } = record;
    const path = this.folders.path(runtime, version.folder);
    if (version.path === undefined || version.path === path) return program;
    const launch = await this.runtimes.get(runtime).launch(await this.runtimes.wanted(record), path, command);
    return relaunched(program, { path: version.path, launch: version.launch }, { path, launch });
  }
}

/** While an upgrade is tried, both versions may be started. */
function versionOf({ current, next }: PackageRecord, { command, args }: ServerProgram): InstalledVersion {
  const isNext = next !== undefined && [command, ...args].some((text) => text.includes(next.folder));
  return isNext ? next : current;
}
