import { chmod, lchown, lstat, mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { UserAndGroup } from './user-ids.js';

const OWNER_ONLY = 0o700;
/** Programs of other users can pass through such a folder, and cannot list it. */
const PASSABLE = 0o711;
const READABLE = 0o644;
const EXECUTABLE = 0o755;
const ANY_EXECUTE_BIT = 0o111;
/** Number of files that are taken back at the same time. */
const AT_ONCE = 64;
const SEPARATOR = Buffer.from(sep);

/**
 * Creates a folder that the programs of an owner may fill.
 * @param folder a path at which nothing is. The folder above must belong to the gateway, so that nobody can put a link in its place
 * @param runAs the owner's ids. Undefined: its programs run as the gateway
 */
export async function lendFolder(folder: string, runAs: UserAndGroup | undefined): Promise<void> {
  await mkdir(folder, { mode: OWNER_ONLY });
  if (runAs) await lchown(folder, runAs.uid, runAs.gid);
}

/**
 * Makes all that is in a lent folder belong to the gateway: others can read it and nobody else can change it. It removes all that leads out
 * of the folder: links to other places, names of others' files, devices, pipes and sockets.
 *
 * It works from the top down. When a folder belongs to the gateway, no program of the owner can change its entries any more, so a path that
 * was looked at stays the same, even if a program of the owner is still alive.
 * @param targets files outside of the folder to which links may lead, without symbolic links
 * @returns the paths that were removed
 */
export async function takeBack(
  folder: string,
  runAs: UserAndGroup | undefined,
  targets: readonly string[] = [],
): Promise<string[]> {
  const taking = new TakingBack(runAs?.uid);
  await taking.folder(Buffer.from(folder));
  await taking.settleLinks(await realpath(folder), targets);
  return taking.removed;
}

class TakingBack {
  readonly removed: string[] = [];
  private readonly links: Buffer[] = [];

  /** @param lender the owner's user id. Undefined: it is that of the gateway */
  constructor(private readonly lender: number | undefined) {}

  /** @param folder as bytes, because a name need not be text */
  async folder(folder: Buffer): Promise<void> {
    await this.own(folder, EXECUTABLE);
    const names = await readdir(folder, { encoding: 'buffer' });
    const folders: Buffer[] = [];
    for (let at = 0; at < names.length; at += AT_ONCE) {
      const paths = names.slice(at, at + AT_ONCE).map((name) => Buffer.concat([folder, SEPARATOR, name]));
      await Promise.all(paths.map((path) => this.entry(path, folders)));
    }
    for (const inner of folders) await this.folder(inner);
  }

  /** Removes the links that lead out of the folder or nowhere. All else is taken back already, so what they lead to cannot change. */
  async settleLinks(root: string, targets: readonly string[]): Promise<void> {
    const found = await Promise.all(this.links.map((link) => realpath(link).catch(() => undefined)));
    for (const [at, link] of this.links.entries()) {
      const target = found[at];
      const stays = target !== undefined && (`${target}${sep}`.startsWith(root + sep) || targets.includes(target));
      if (!stays) await this.remove(link);
      else if (this.lender !== undefined) await lchown(link, process.getuid!(), process.getgid!());
    }
  }

  private async entry(path: Buffer, folders: Buffer[]): Promise<void> {
    const info = await lstat(path);
    if (info.isDirectory()) folders.push(path);
    else if (info.isSymbolicLink()) this.links.push(path);
    // A hard link may name a file of another owner, which must not change hands.
    else if (info.isFile() && (this.lender === undefined || info.uid === this.lender))
      await this.own(path, info.mode & ANY_EXECUTE_BIT ? EXECUTABLE : READABLE);
    else await this.remove(path);
  }

  /** Changes the owner first: from then on, only the gateway can change the mode. */
  private async own(path: Buffer, mode: number): Promise<void> {
    if (this.lender !== undefined) await lchown(path, process.getuid!(), process.getgid!());
    await chmod(path, mode);
  }

  private async remove(path: Buffer): Promise<void> {
    await rm(path);
    this.removed.push(path.toString());
  }
}

/**
 * Returns a folder of an owner below one of the gateway, and creates it if it is missing. It lasts.
 * @param parent folder of the gateway in which owners have folders
 */
export async function keptFolder(parent: string, name: string, runAs: UserAndGroup | undefined): Promise<string> {
  const folder = join(parent, name);
  await mkdir(parent, { recursive: true, mode: OWNER_ONLY });
  await chmod(parent, runAs ? PASSABLE : OWNER_ONLY);
  await mkdir(folder, { recursive: true, mode: OWNER_ONLY });
  if (runAs && (await lstat(folder)).uid !== runAs.uid) await lchown(folder, runAs.uid, runAs.gid);
  return folder;
}
