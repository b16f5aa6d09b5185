import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Config, inheritedEnvironment } from '@manifold/config';
import { closeDataDir } from './folders/data-dir.js';
import { DataQuota } from './folders/data-quota.js';
import { lendFolder, takeBack } from './folders/lent-folder.js';
import { OwnerFolders, type OwnerFolder } from './folders/owner-folders.js';
import { UserIds } from './folders/user-ids.js';
import { bubblewrapOptions, type Visibility } from './isolation/bubblewrap.js';
import { findIsolation, type Isolation, type IsolationMode } from './isolation/isolation.js';
import { isInside, isSecretPlace, visibilityOf } from './isolation/visibility.js';
import { behindListener, PORT_IN_SANDBOX, type WayOut } from './processes/way-out.js';
import type { Owner } from './owner.js';
import { ForeignProcess, LaunchError, startFault, type PreparedProgram } from './processes/foreign-process.js';
import { runToEnd, type RunEnd, type RunFollower } from './processes/foreign-run.js';
import { findProgram } from './processes/find-program.js';
import { leftovers } from './processes/leftovers.js';
import { IdClaim } from './processes/id-claim.js';
import { limited, type Program } from './processes/resource-limits.js';
import { usersOfProcesses } from './processes/process-table.js';
import { beginRun } from './processes/runs.js';

/** The tenant whose servers may run without isolation. */
const DEFAULT_TENANT = 'default';
const IN_SANDBOX_TEMPORARY = '/tmp';
const EXAMPLES = 10;
const SHELL = '/bin/sh';
/** Runs the other arguments in the folder that the first one names. */
const IN_FOLDER = 'cd -- "$0" && exec "$@"';
const IN_NEW_FOLDER = `mkdir -p -- "$0" 2>/dev/null; ${IN_FOLDER}`;
/** Variables that the loader of programs reads. */
const LOADER_VARIABLE = /^(?:LD_.*|GLIBC_TUNABLES|GCONV_PATH)$/;

/** A program of somebody else, and for whom it runs. */
export interface Launch {
  readonly owner: Owner;
  readonly command: string;
  readonly args: readonly string[];
  /** Variables in addition to those that every program gets. They replace variables of the same name. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables that name files, each with a path below the owner's folder. `env` replaces them. */
  readonly dataFiles?: Readonly<Record<string, string>>;
  /** Working folder: absolute, or relative to the owner's folder. Default: the owner's folder. */
  readonly cwd?: string;
  /** Folders that the program may read although they are hidden from others, such as its package. */
  readonly readable?: readonly string[];
  /** Folders that it may change in addition to the owner's folder. */
  readonly writable?: readonly string[];
  /**
   * `none`: it has no network, in mode bubblewrap. A way out: it is led to the proxy of the gateway, and in mode bubblewrap reaches nothing else.
   */
  readonly network?: 'open' | 'none' | WayOut;
  readonly limits: PreparedProgram['limits'];
}

/** Folders that programs of an owner fill. */
export interface Filling {
  readonly owner: Owner;
  /** Absolute paths at which nothing is, in folders of the gateway. */
  readonly folders: readonly string[];
  /** Files outside of the folders to which links in them may lead, without symbolic links. */
  readonly targets?: readonly string[];
}

/** Starts all programs that the gateway did not write, and keeps them apart from the gateway and from each other. */
@Injectable()
export class Launcher implements OnModuleInit {
  private readonly logger = new Logger(Launcher.name);
  private isolation!: Isolation;
  private folders!: OwnerFolders;
  private claim?: IdClaim;

  private readonly quota: DataQuota;

  constructor(private readonly config: Config) {
    this.quota = new DataQuota(config.hosting.dataMb);
  }

  /** @throws IsolationUnavailableError if the operator demands a mode that this machine does not allow */
  async onModuleInit(): Promise<void> {
    this.isolation = await findIsolation(this.config);
    const { mode, ids, reasons } = this.isolation;
    const dataDir = await closeDataDir(this.config.dataDir, ids !== undefined);
    const root = join(dataDir, 'servers');
    const userIdsOfOwners = ids && new UserIds(root, ids, usersOfProcesses);
    this.folders = new OwnerFolders(root, userIdsOfOwners);
    this.claim = ids && new IdClaim(ids);
    const isAlone = await beginRun(join(dataDir, 'runs'), (await userIdsOfOwners?.all()) ?? new Set());
    await this.folders.removeEndedRuns(isAlone);
    if (mode === 'none') this.warn(reasons);
    else this.logger.log({ msg: 'hosted servers are isolated', sandbox: mode, reason: reasons.join(' ') || undefined });
  }

  get mode(): IsolationMode {
    return this.isolation.mode;
  }

  /**
   * Returns why programs of the tenant may not run here, with the setting to change. Undefined: they may.
   * @param network what the program must not be able to pass by. Undefined: its network is open
   */
  refusal(tenant: string, network?: 'none' | 'proxy'): string | undefined {
    const { mode, reasons } = this.isolation;
    const why = reasons.join(' ');
    const refusal = mode === 'none' ? this.refusalWithoutIsolation(tenant, why) : undefined;
    if (refusal !== undefined || network === undefined || mode === 'bubblewrap') return refusal;
    return `network "${network}" cannot be enforced in mode ${mode} of SERVER_SANDBOX, only in mode bubblewrap. ${why}`.trim();
  }

  private refusalWithoutIsolation(tenant: string, why: string): string | undefined {
    const { environment, hosting } = this.config;
    if (tenant !== DEFAULT_TENANT)
      return `Servers of this tenant need isolation, which this gateway does not have. Ask its operator to set SERVER_SANDBOX. ${why}`;
    if (environment === 'production' && hosting.sandbox !== 'none')
      return `Stdio servers are off because they cannot be isolated. ${why} To run them without isolation set SERVER_SANDBOX=none.`;
    return undefined;
  }

  /**
   * Starts a program in its owner's folder.
   * @throws LaunchError; UserIdsUsedUpError
   */
  async start(launch: Launch): Promise<ForeignProcess> {
    const folder = await this.open(launch.owner);
    const excess = await this.quota.refusal(folder);
    if (excess !== undefined) throw new LaunchError(excess);
    const { dataMb } = this.config.hosting;
    const program = await ForeignProcess.start(await this.prepare(launch, folder, dataMb));
    this.quota.add(folder, program);
    this.claim?.programStarted();
    return program;
  }

  /**
   * Runs a program to its end.
   * @throws LaunchError; UserIdsUsedUpError; the reason of the follower's signal, after the program has ended
   */
  async run(launch: Launch, follower: RunFollower): Promise<RunEnd> {
    return runToEnd(await this.prepare(launch, await this.open(launch.owner), 0), follower);
  }

  /**
   * Returns the absolute path of the program that a command of the owner would start, such as an interpreter of the machine.
   * @throws LaunchError with the error of the file system as its cause; UserIdsUsedUpError
   */
  async find(owner: Owner, command: string): Promise<string> {
    const { runAs } = await this.open(owner);
    return findFor(command, inheritedEnvironment().PATH, process.cwd(), runAs);
  }

  /**
   * Lets programs of an owner fill new folders. Afterwards the folders belong to the gateway, and nobody else can change them. If the owner is
   * one of a single run, the run ends here.
   * @param fill runs the programs. They name the folders in `writable`
   * @throws LaunchError; UserIdsUsedUpError; the errors of `fill`. The caller then removes the folders
   */
  async fill<T>({ owner, folders, targets }: Filling, fill: () => Promise<T>): Promise<T> {
    const lent: string[] = [];
    let runAs: OwnerFolder['runAs'];
    try {
      ({ runAs } = await this.open(owner));
      for (const folder of folders) {
        await lendFolder(folder, runAs);
        lent.push(folder);
      }
      return await fill();
    } finally {
      // In a sandbox nothing is left of a run: its processes end with the first one.
      if (owner.run !== undefined && runAs && this.mode === 'uid' && !(await leftovers.end(runAs.uid)))
        throw new Error(`Processes of the user ${runAs.uid} cannot be ended`);
      const taken = await Promise.allSettled(lent.map((folder) => takeBack(folder, runAs, targets)));
      if (owner.run !== undefined) await this.folders.removeRun(owner);
      for (const one of taken) if (one.status === 'fulfilled') this.report(one.value);
      const failed = taken.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    }
  }

  /** Returns a folder that lasts and that programs of the owner may change if they name it in `writable`. @param parent folder of the gateway */
  async folderBelow(parent: string, owner: Owner): Promise<string> {
    await this.open(owner);
    return this.folders.openBelow(parent, owner);
  }

  /** Removes the files of a server and of all its users. None of its programs may run. */
  async removeFiles(server: Pick<Owner, 'tenant' | 'server'>): Promise<void> {
    this.quota.forget(await this.folders.remove(server));
  }

  /** @throws LaunchError; UserIdsUsedUpError */
  private async open(owner: Owner): Promise<OwnerFolder> {
    const refusal = this.refusal(owner.tenant);
    if (refusal !== undefined) throw new LaunchError(refusal);
    return this.folders.open(owner);
  }

  /** @param fileMb largest size of a file that it writes. 0: no limit */
  private async prepare(launch: Launch, folder: OwnerFolder, fileMb: number): Promise<PreparedProgram> {
    const { command, limits, network = 'open' } = launch;
    const { bubblewrap } = this.isolation;
    const { runAs } = folder;
    const cwd = this.workingFolder(launch, folder);
    const temporary = bubblewrap === undefined ? folder.temporary : IN_SANDBOX_TEMPORARY;
    const wayOut = typeof network === 'object' ? network : undefined;
    const env: Record<string, string> = {
      ...inheritedEnvironment(),
      ...wayOut?.environment(bubblewrap === undefined ? undefined : PORT_IN_SANDBOX),
      HOME: folder.home,
      TMPDIR: temporary,
      ...below(folder.home, launch.dataFiles),
      ...launch.env,
    };
    // A relative path of the command counts from the folder of the gateway, unless its operator has named another.
    const base = launch.cwd === undefined ? process.cwd() : cwd;
    const file = await findFor(command, env.PATH, base, runAs);
    const limitedProgram = limited(
      { command: file, args: launch.args },
      { ...limits, fileMb, hasOwnUser: runAs !== undefined },
    );
    const program =
      cwd === folder.home || launch.writable?.includes(cwd)
        ? limitedProgram
        : startedIn(cwd, isInside(cwd, folder.home), limitedProgram);
    const at = program === limitedProgram ? cwd : folder.home;
    if (bubblewrap === undefined) return { ...program, name: command, env, cwd: at, limits, runAs };
    const options = bubblewrapOptions(this.visibility(launch, file, folder, cwd), at, network !== 'open');
    const [outer, inner] = apart(env);
    const setting = Object.entries(inner).flatMap(([name, value]) => ['--setenv', name, value]);
    const inside = wayOut ? behindListener(program, inner) : program;
    const args = [...(wayOut ? [] : setting), ...options, inside.command, ...inside.args];
    return { command: bubblewrap, args, name: command, env: outer, cwd: '/', limits, runAs, isSandboxed: true, wayOut };
  }

  private visibility(launch: Launch, file: string, folder: OwnerFolder, cwd: string): Visibility {
    const { owner, args, readable = [], writable = [] } = launch;
    // An operator of the tenant `default` may name files of the machine.
    const words = [file, realpathSync(file), ...(owner.tenant === DEFAULT_TENANT ? args : [])];
    const outside = isInside(cwd, folder.home) || cwd === folder.home ? undefined : cwd;
    return visibilityOf({ cwd: outside, readable, writable, words }, folder, this.config);
  }

  /**
   * Returns the absolute path of the working folder.
   * @throws LaunchError
   */
  private workingFolder({ owner, cwd, writable = [] }: Launch, { home }: OwnerFolder): string {
    if (cwd === undefined) return home;
    const folder = resolve(home, cwd);
    if (folder === home || writable.includes(folder) || isInside(folder, home)) return folder;
    if (owner.tenant !== DEFAULT_TENANT)
      throw new LaunchError(`cwd ${cwd} is outside of the data folder of the server; give a relative path`);
    if (isSecretPlace(folder, this.config))
      throw new LaunchError(`cwd ${cwd} is inside of the data of the gateway; give another folder, or a relative path`);
    return folder;
  }

  private report(removed: readonly string[]): void {
    if (removed.length === 0) return;
    const examples = removed.slice(0, EXAMPLES);
    this.logger.warn({ msg: 'files that lead out of their folder were removed', count: removed.length, examples });
  }

  private warn(reasons: readonly string[]): void {
    this.logger.warn({
      msg: 'hosted servers are not isolated: they can read the memory, the database and the master key of the gateway and the secrets of all users',
      reason: reasons.join(' '),
      remedy: 'install bubblewrap or run the gateway as root, and set SERVER_SANDBOX=auto',
    });
  }
}

/** @throws LaunchError */
async function findFor(command: string, path = '', base: string, runAs: OwnerFolder['runAs']): Promise<string> {
  return findProgram(command, path, base, runAs).catch((error: NodeJS.ErrnoException) => {
    throw startFault(command, error);
  });
}

const below = (home: string, files: Launch['dataFiles'] = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, path]) => [name, join(home, path)]));

/**
 * Returns a program that changes to a folder before it starts another one. The gateway may be root, and would follow a symbolic link of an
 * owner to where the owner may not go.
 */
const startedIn = (folder: string, mayBeNew: boolean, { command, args }: Program): Program => ({
  command: SHELL,
  args: ['-c', mayBeNew ? IN_NEW_FOLDER : IN_FOLDER, folder, command, ...args],
});

/** Takes variables of the loader out of the environment of bubblewrap, which runs outside of the sandbox. They are set inside. */
function apart(env: Readonly<Record<string, string>>): [outer: Record<string, string>, inner: Record<string, string>] {
  const isLoaders = ([name]: [string, string]): boolean => LOADER_VARIABLE.test(name);
  const entries = Object.entries(env);
  const outer = Object.fromEntries(entries.filter((entry) => !isLoaders(entry)));
  return [outer, Object.fromEntries(entries.filter(isLoaders))];
}
