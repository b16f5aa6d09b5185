import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { PackagesConfig } from '@manifold/config';
import type { PackageRecord } from './package-record.js';

type Runtime = PackageRecord['runtime'];

/** Name pattern of install folders. Server names have no tilde, so other folders of the operator are not mistaken for installs. */
const INSTALL = /^[^~]+~[0-9a-f]{12}$/;
const PASSABLE = 0o711;

/**
 * Folders of the installed packages: one for each version of each server, below the folder of its runtime. A folder in use is never
 * changed, so a server keeps running while its next version is installed.
 */
@Injectable()
export class PackageFolders {
  private readonly logger = new Logger(PackageFolders.name);
  private readonly roots: Readonly<Record<Runtime, string>>;
  /** Number of current holders by folder. */
  private readonly held = new Map<string, number>();
  /** Folders to remove as soon as they have no holder. */
  private readonly retired = new Set<string>();

  constructor({ npmDir, pythonDir }: PackagesConfig) {
    this.roots = { node: npmDir, python: pythonDir };
  }

  path(runtime: Runtime, folder: string): string {
    return join(this.roots[runtime], folder);
  }

  isThere(runtime: Runtime, folder: string): boolean {
    return existsSync(this.path(runtime, folder));
  }

  /**
   * Returns a new folder name and creates the parent folder. The folder itself does not exist yet. Programs of other users can pass through the
   * parent folder, and cannot list what others have installed.
   */
  async create(runtime: Runtime, serverName: string): Promise<string> {
    await mkdir(this.roots[runtime], { recursive: true, mode: PASSABLE });
    await chmod(this.roots[runtime], PASSABLE);
    return `${serverName}~${randomBytes(6).toString('hex')}`;
  }

  /**
   * Prevents the removal of an install, finished or in progress, on this machine.
   * @returns a function that releases the folder
   */
  hold(runtime: Runtime, folder: string): () => void {
    this.held.set(folder, (this.held.get(folder) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.release(runtime, folder);
      isHeld = false;
    };
  }

  /** Removes a folder that no record refers to any more, as soon as it has no holder on this machine. Never rejects. */
  async retire(runtime: Runtime, folder: string): Promise<void> {
    if (!INSTALL.test(folder) || folder.includes('/')) return;
    if (this.held.has(folder)) this.retired.add(folder);
    else await this.remove(runtime, folder);
  }

  /** Renames a folder atomically, so an install folder that exists is always complete. */
  async move(runtime: Runtime, from: string, to: string): Promise<void> {
    await rename(this.path(runtime, from), this.path(runtime, to));
  }

  /** Removes a folder. If that fails, the next start removes it. Never rejects. */
  async remove(runtime: Runtime, folder: string): Promise<void> {
    try {
      await rm(this.path(runtime, folder), { recursive: true, force: true, maxRetries: 3 });
    } catch (err) {
      this.logger.warn({ msg: 'the files of a package could not be removed', folder, err });
    }
  }

  /** Removes every install folder that is not in `used` and has no holder. */
  async sweep(runtime: Runtime, used: ReadonlySet<string>): Promise<void> {
    const all = await readdir(this.roots[runtime]).catch(() => []);
    const left = all.filter((folder) => INSTALL.test(folder) && !used.has(folder) && !this.held.has(folder));
    await Promise.all(left.map((folder) => this.remove(runtime, folder)));
  }

  private release(runtime: Runtime, folder: string): void {
    const left = this.held.get(folder)! - 1;
    if (left > 0) {
      this.held.set(folder, left);
      return;
    }
    this.held.delete(folder);
    if (this.retired.delete(folder)) void this.remove(runtime, folder);
  }
}
