import { basename, dirname, join } from 'node:path';
import { folderSize } from './folder-size.js';
import type { OwnerFolder } from './owner-folders.js';

/** A running program that is ended when its owner has too many data. */
export interface Measured {
  /** Resolves when it has ended. */
  readonly exited: Promise<unknown>;
  /** Ends the program and all that it has started. */
  exceed(reason: string): void;
}

/** Time between two looks at the folder of an owner, if few owners have programs. */
const EVERY_MS = 10_000;
/** The shortest time between two looks. */
const REST_AT_LEAST_MS = 1000;
/** A look is followed by a rest of so many times its length, so that all looks take at most a twentieth of a core. */
const REST = 20;
/** The longest rest: an owner whose folder takes long must not keep those of others from being measured. */
const REST_AT_MOST_MS = 60_000;

interface Watched {
  readonly folder: OwnerFolder;
  readonly programs: Set<Measured>;
}

/**
 * Limits what each owner keeps in its data folder and its temporary files. The folders of owners whose programs run are measured in turns, one
 * at a time. The programs of an owner that exceeds the limit end, and start again only when it keeps less.
 */
export class DataQuota {
  /** Owners with running programs by their home, the one that was measured last at the end. */
  private readonly watched = new Map<string, Watched>();
  /** Homes of the owners that had too much when they were measured last. */
  private readonly exceeding = new Set<string>();
  private timer?: NodeJS.Timeout;

  /** @param limitMb in MiB. 0: there is no limit */
  constructor(private readonly limitMb: number) {}

  /** Returns why no program of the owner may start. An owner that had too much is measured again. */
  async refusal(folder: OwnerFolder): Promise<string | undefined> {
    return this.exceeding.has(folder.home) ? this.measure(folder) : undefined;
  }

  /** Watches what the owner keeps, until the program has ended. */
  add(folder: OwnerFolder, program: Measured): void {
    if (this.limitMb === 0) return;
    const watched = this.watched.get(folder.home) ?? { folder, programs: new Set() };
    watched.programs.add(program);
    this.watched.set(folder.home, watched);
    void program.exited.then(() => this.remove(watched, program));
    this.timer ??= this.plan(REST_AT_LEAST_MS);
  }

  /** Forgets owners whose folders are removed. @param parent the folder of their server */
  forget(parent: string): void {
    for (const home of this.exceeding) if (dirname(dirname(home)) === parent) this.exceeding.delete(home);
  }

  private remove(watched: Watched, program: Measured): void {
    watched.programs.delete(program);
    if (watched.programs.size === 0) this.watched.delete(watched.folder.home);
    if (this.watched.size > 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private plan(ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.look(), ms).unref();
  }

  private async look(): Promise<void> {
    const [next] = this.watched.values();
    const start = performance.now();
    // A folder that cannot be measured now is measured at the next look.
    if (next) await this.check(next).catch(() => undefined);
    const rest = Math.min((performance.now() - start) * REST, REST_AT_MOST_MS);
    clearTimeout(this.timer); // programs may have been removed and added in between
    const pause = Math.max(EVERY_MS / this.watched.size, REST_AT_LEAST_MS, rest);
    this.timer = this.watched.size > 0 ? this.plan(pause) : undefined;
  }

  private async check(watched: Watched): Promise<void> {
    const { home } = watched.folder;
    const reason = await this.measure(watched.folder);
    if (this.watched.get(home) === watched && this.watched.delete(home)) this.watched.set(home, watched);
    if (reason !== undefined) for (const program of watched.programs) program.exceed(reason);
  }

  /** Returns what is wrong with the owner's data. A folder that cannot be measured now counts as before. */
  private async measure({ home, temporary }: OwnerFolder): Promise<string | undefined> {
    const size = await folderSize([home, temporary]);
    const isExceeding = size === undefined ? this.exceeding.has(home) : size === 'unreadable' || size > this.limitMb;
    if (isExceeding) this.exceeding.add(home);
    else this.exceeding.delete(home);
    if (!isExceeding) return undefined;
    const place = `data folder of the server (servers/${join(basename(dirname(dirname(home))), basename(dirname(home)))})`;
    if (size === 'unreadable')
      return `The ${place} has folders that the gateway cannot read, so it cannot be measured against SERVER_DATA_MB`;
    return `The ${place} has more than ${this.limitMb} MiB; remove files from it or raise SERVER_DATA_MB`;
  }
}
