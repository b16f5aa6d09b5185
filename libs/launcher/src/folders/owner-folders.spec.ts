import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Owner } from '../owner.js';
import { OwnerFolders } from './owner-folders.js';
import { UserIds, type UserAndGroup } from './user-ids.js';

/** Gives everybody the ids of this process, and notes for each folder whose id is freed whether its files still exist. */
class NotingIds extends UserIds {
  readonly freed: [folder: string, hadFiles: boolean][] = [];

  override async of(): Promise<UserAndGroup> {
    return { uid: process.getuid!(), gid: process.getgid!() };
  }

  override release(folder: string): void {
    this.freed.push([folder, existsSync(folder)]);
  }
}

describe('the files of an owner', () => {
  let root: string;
  let ids: NotingIds;
  let folders: OwnerFolders;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'manifold-owners-'));
    ids = new NotingIds(root, { first: 1, last: 2 }, () => new Set());
    folders = new OwnerFolders(root, ids);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** @returns the folder of the owner, with files that nobody may change */
  async function filled(owner: Owner): Promise<string> {
    const { home } = await folders.open(owner);
    mkdirSync(join(home, 'closed'));
    writeFileSync(join(home, 'closed', 'file'), 'x', { mode: 0o000 });
    return dirname(home);
  }

  it('are gone before the user id of a single run is free again', async () => {
    const owner = { tenant: 'default', server: 'any', run: '1' };
    const folder = await filled(owner);
    await folders.removeRun(owner);
    expect(ids.freed).toEqual([[folder, false]]);
  });

  it('are gone before the user ids of a server and its users are free again', async () => {
    const server = { tenant: 'default', server: 'any' };
    const all = [
      await filled(server),
      await filled({ ...server, user: 'alice' }),
      await filled({ ...server, user: 'bob' }),
    ];
    const other = await filled({ ...server, server: 'other' });
    await folders.remove(server);
    expect(new Map(ids.freed)).toEqual(new Map(all.map((folder) => [folder, false])));
    expect(readdirSync(join(dirname(other), '..'))).toHaveLength(1);
    expect(existsSync(other)).toBe(true);
  });
});
