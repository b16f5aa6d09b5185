/** Turns that processes take: at most one of them does a thing at a time. */
export abstract class Leases {
  /**
   * Runs the task as soon as no other process runs one under this name. The turn of a process that has died passes on after a while. A
   * process that stood still for longer than that may find that it was taken for dead: what must not be overwritten has to be protected
   * by a revision as well.
   *
   * Rejects as the task does, with the signal's reason, and with the errors of what the leases are kept in.
   * @param signal ends the waiting, not the task
   */
  abstract run<T>(name: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T>;

  /**
   * The same, but without waiting for a process that lives: it waits only until that is known, which takes a few seconds.
   * @throws LeaseTaken when another process that lives has the turn
   */
  abstract attempt<T>(name: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T>;

  /**
   * For a lease that is kept for as long as its holder lives.
   * @param label what others learn of the holder
   */
  abstract candidacy(name: string, label: string): Candidacy;
}

/** Somebody who would keep a lease. Rejects with the errors of what the leases are kept in. */
export interface Candidacy {
  /** Takes the lease where it is free, or where its holder has died. @returns the lease, or the label of its holder */
  attempt(): Promise<KeptLease | string>;
  /** Looks without taking it: who has looked regularly knows at once that a holder has died. @returns the label; undefined: it is free */
  look(): Promise<string | undefined>;
}

/** A lease that is kept. What it allows must end soon after `lost` aborts: half a lease later somebody else may have it. */
export interface KeptLease {
  /** Aborts when the lease is lost, or cannot be renewed. */
  readonly lost: AbortSignal;
  /** Gives it back, unless it is lost. Never rejects. */
  release(): Promise<void>;
}

/** Another process that lives does it now. */
export class LeaseTaken extends Error {
  constructor(name: string) {
    super(`Another process has the lease ${name}`);
    this.name = 'LeaseTaken';
  }
}
