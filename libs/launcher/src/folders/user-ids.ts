import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** First and last user id of a range, and the group of all. Without a group, each has the group of its own number. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
  readonly gid?: number;
}

/** The user and the group under which a program runs. */
export interface UserAndGroup {
  readonly uid: number;
  readonly gid: number;
}

/** Error: each user id of the range belongs to an owner already. */
export class UserIdsUsedUpError extends Error {
  constructor({ first, last }: IdRange) {
    const count = last - first + 1;
    super(`All ${count} user ids of SERVER_UID_RANGE are in use; set a larger range or remove servers`);
    this.name = 'UserIdsUsedUpError';
  }
}

/** `nobody` and the id that means none in 16 bits. */
const OTHERS: ReadonlySet<number> = new Set([65_534, 65_535]);

/**
 * Gives each owner a user id of its own. The id of the folder `home` is the record: it lasts as long as the files that belong to it, and no
 * id is given twice while files of it exist.
 */
export class UserIds {
  /** User id by folder. Undefined until the existing folders were read. */
  private taken?: Promise<Map<string, number>>;
  /** Where the search for a free id begins. */
  private next = 0;

  /**
   * @param root the folder whose folders' folders belong to owners
   * @param usersOfProcesses tells the ids under which something runs. All processes under a given id end with its owner's programs
   */
  constructor(
    private readonly root: string,
    private readonly range: IdRange,
    private readonly usersOfProcesses: () => ReadonlySet<number>,
  ) {}

  /**
   * Returns the ids of an owner's folder. A new folder gets a free user id.
   * @param given the folders inside that belong to the owner
   * @param isBrief whether the id is soon free again. Such an id is chosen at random, so that it seldom is that of
   *   an earlier run
   * @throws UserIdsUsedUpError
   */
  async of(folder: string, given: readonly string[], isBrief = false): Promise<UserAndGroup> {
    const taken = await this.known();
    const known = taken.get(folder);
    if (known !== undefined) return this.withGroup(known);
    const uid = this.free(new Set(taken.values()), isBrief);
    taken.set(folder, uid); // before the next await, so that no other owner gets it
    const ids = this.withGroup(uid);
    try {
      for (const path of [...given].reverse()) await chown(path, ids.uid, ids.gid); // that of the first one is the record
    } catch (error) {
      taken.delete(folder);
      throw error;
    }
    return ids;
  }

  /** Frees the id of a folder that is being removed. */
  release(folder: string): void {
    void this.taken?.then((taken) => taken.delete(folder));
  }

  /** Returns the user ids that owners have. */
  async all(): Promise<ReadonlySet<number>> {
    return new Set((await this.known()).values());
  }

  private async known(): Promise<Map<string, number>> {
    this.taken ??= this.read();
    try {
      return await this.taken;
    } catch (error) {
      this.taken = undefined;
      throw error;
    }
  }

  private withGroup(uid: number): UserAndGroup {
    return { uid, gid: this.range.gid ?? uid };
  }

  private free(taken: ReadonlySet<number>, isRandom: boolean): number {
    const { first, last } = this.range;
    const count = last - first + 1;
    const accounts = accountIds();
    const busy = this.usersOfProcesses();
    const start = isRandom ? randomInt(count) : this.next;
    for (let step = 0; step < count; step += 1) {
      const id = first + ((start + step) % count);
      // The operator has chosen the first one. Another account of the machine keeps its id.
      if (taken.has(id) || busy.has(id) || OTHERS.has(id) || (step + start > 0 && accounts.has(id))) continue;
      if (!isRandom) this.next = (id - first + 1) % count; // an id is given again as late as possible
      return id;
    }
    throw new UserIdsUsedUpError(this.range);
  }

  private async read(): Promise<Map<string, number>> {
    const taken = new Map<string, number>();
    for (const server of await foldersIn(this.root)) {
      for (const folder of await foldersIn(server)) {
        const uid = await stat(join(folder, 'home')).then(
          (home) => home.uid,
          () => -1, // it was not finished, or is being removed
        );
        if (uid >= this.range.first && uid <= this.range.last) taken.set(folder, uid);
      }
    }
    return taken;
  }
}

/** Returns the folders in a folder; none if it does not exist. */
export async function foldersIn(parent: string): Promise<string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(parent, name));
}

/** Returns the user ids of the accounts of this machine. */
function accountIds(): ReadonlySet<number> {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
    return new Set(lines.map((line) => Number(line.split(':')[2])));
  } catch {
    return new Set();
  }
}
