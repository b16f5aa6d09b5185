import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { PackagesConfig } from '@manifold/config';
import type { PackageRecord } from './package-record.js';

type Runtime = PackageRecord['runtime'];

/** No server's name has a tilde: what else lies in the folders of the operator is never taken for an install. */
const INSTALL = /^[^~]+~[0-9a-f]{12}$/;

/**
 * Where packages lie: one folder for each version of each server, below the folder of its runtime. None is ever changed once it is in
 * use, so that a server goes on while its next version is installed.
 */
@Injectable()
export class PackageFolders {
  private readonly logger = new Logger(PackageFolders.name);
  private readonly roots: Readonly<Record<Runtime, string>>;
  /** By folder: how many need it now. */
  private readonly held = new Map<string, number>();
  /** They go when nobody needs them any more. */
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

  /** A name that no install had before. Its folder does not exist yet, the one around it does. */
  async create(runtime: Runtime, serverName: string): Promise<string> {
    await mkdir(this.roots[runtime], { recursive: true });
    return `${serverName}~${randomBytes(6).toString('hex')}`;
  }

  /**
   * Keeps an install, or one that is being made, on this machine.
   * @returns a function that ends that
   */
  hold(runtime: Runtime, folder: string): () => void {
    this.held.set(folder, (this.held.get(folder) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.release(runtime, folder);
      isHeld = false;
    };
  }

  /** No record names it any more: it goes as soon as nothing here runs from it. Never rejects. */
  async retire(runtime: Runtime, folder: string): Promise<void> {
    if (!INSTALL.test(folder) || folder.includes('/')) return;
    if (this.held.has(folder)) this.retired.add(folder);
    else await this.remove(runtime, folder);
  }

  /** One step: an install that is there is whole. */
  async move(runtime: Runtime, from: string, to: string): Promise<void> {
    await rename(this.path(runtime, from), this.path(runtime, to));
  }

  /** What cannot be removed now is swept away at the next start. Never rejects. */
  async remove(runtime: Runtime, folder: string): Promise<void> {
    try {
      await rm(this.path(runtime, folder), { recursive: true, force: true, maxRetries: 3 });
    } catch (err) {
      this.logger.warn({ msg: 'the files of a package could not be removed', folder, err });
    }
  }

  /** Removes every install that is not among these, and that nobody needs now. */
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
