import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { tupleKey } from '@manifold/async';
import { folderName, ownerKey, type Owner } from '../owner.js';
import { keptFolder } from './lent-folder.js';
import { foldersIn, type UserIds } from './user-ids.js';

/** The place of an owner's files. It lasts until the server is removed. */
export interface OwnerFolder {
  /** Working directory and home of the owner's programs. */
  readonly home: string;
  /** Their temporary files. */
  readonly temporary: string;
  /** User and group of the owner's programs. Undefined: those of the gateway. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
}

/** Programs of another user must be able to pass through a folder, and may not list it. */
const PASSABLE = 0o711;
const PRIVATE = 0o700;
/** Begins the names of folders of single runs. Those of users begin otherwise. */
const RUN = 'run~';
/** Longer than any install may last. */
const LONGEST_RUN_MS = 24 * 3600 * 1000;

/**
 * The folders of all owners: `<root>/<server>/<shared or user>/{home,tmp}`. `home` and `tmp` belong to the owner's user id, and nobody else may
 * enter them. The folders above belong to the gateway, so that an owner cannot put a symbolic link in the place of `home` or `tmp`. The
 * gateway changes nothing inside of them.
 */
export class OwnerFolders {
  /** @param ids the user ids to give to owners. Undefined: all programs run as the gateway */
  constructor(
    private readonly root: string,
    private readonly ids?: UserIds,
  ) {}

  /**
   * Returns the folder of the owner and creates it if it is missing.
   * @throws UserIdsUsedUpError; an error of the file system
   */
  async open(owner: Owner): Promise<OwnerFolder> {
    const server = this.serverFolder(owner);
    const own = join(server, nameOf(owner));
    const [home, temporary] = [join(own, 'home'), join(own, 'tmp')];
    for (const parent of [this.root, server, own]) await ensure(parent, this.ids ? PASSABLE : PRIVATE);
    for (const folder of [home, temporary]) await ensure(folder, PRIVATE);
    return { home, temporary, runAs: await this.ids?.of(own, [home, temporary], owner.run !== undefined) };
  }

  /** Returns the folder of an owner below another folder of the gateway, and creates it if it is missing. That of a single run goes with it. */
  async openBelow(parent: string, owner: Owner): Promise<string> {
    const { home, runAs } = await this.open(owner);
    if (owner.run !== undefined) return keptFolder(dirname(home), basename(parent), runAs);
    // Each user id has a folder of its own: another gateway on the machine may use the same parent.
    return keptFolder(parent, folderName(owner.tenant, tupleKey(ownerKey(owner), runAs?.uid)), runAs);
  }

  /** Removes the folder of a single run. None of its programs may be alive. */
  async removeRun(owner: Owner): Promise<void> {
    const folder = join(this.serverFolder(owner), nameOf(owner));
    await removeTree(folder);
    this.ids?.release(folder);
  }

  /**
   * Removes the folders of single runs that a gateway has left when it was killed. Those that another gateway may still use are removed when
   * no run lasts so long.
   * @param isAlone whether no other gateway uses these folders
   */
  async removeEndedRuns(isAlone: boolean): Promise<void> {
    for (const server of await foldersIn(this.root)) {
      for (const folder of await foldersIn(server)) {
        if (!basename(folder).startsWith(RUN)) continue;
        const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Infinity })); // another gateway has removed it
        if (!isAlone && Date.now() - mtimeMs < LONGEST_RUN_MS) continue;
        // A process that is left may still write to it. Then the next start tries again, and the id stays taken.
        const isRemoved = await removeTree(folder).then(
          () => true,
          () => false,
        );
        if (isRemoved) this.ids?.release(folder);
      }
    }
  }

  /** Removes the folders of a server and of all its users. No program of them may run. @returns the folder that had them */
  async remove(server: Pick<Owner, 'tenant' | 'server'>): Promise<string> {
    const folder = this.serverFolder(server);
    const owners = await readdir(folder).catch(() => []);
    await removeTree(folder);
    for (const name of owners) this.ids?.release(join(folder, name));
    return folder;
  }

  private serverFolder({ tenant, server }: Pick<Owner, 'tenant' | 'server'>): string {
    return join(this.root, folderName(server, tupleKey(tenant, server)));
  }
}

function nameOf(owner: Owner): string {
  if (owner.run !== undefined) return folderName(RUN.slice(0, -1), ownerKey(owner));
  return owner.user === undefined ? 'shared' : folderName('user', ownerKey(owner));
}

async function ensure(folder: string, mode: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode });
  await chmod(folder, mode);
}

/**
 * Removes a folder that an owner has filled: a tree of any depth, with folders that nobody may change. The programs of the system follow no
 * symbolic link, even if one takes the place of a folder meanwhile.
 * @throws Error with what they say
 */
async function removeTree(folder: string): Promise<void> {
  const run = promisify(execFile);
  if (!existsSync(folder)) return;
  await run('chmod', ['-R', 'u+rwX', '--', folder]).catch(() => undefined);
  await run('rm', ['-rf', '--', folder]);
}
