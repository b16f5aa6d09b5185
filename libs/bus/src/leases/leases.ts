/** Leases: at most one process at a time holds the lease of a name. */
export abstract class Leases {
  /**
   * Runs the task as soon as no other process runs one under this name. The lease of a process that has died expires. A process that was
   * suspended for longer than the lease time may have lost its lease. Data that must not be overwritten also needs protection by a
   * revision.
   *
   * Rejects with the error of the task, with the signal's reason, or with an error of the store.
   * @param signal ends the waiting, not the task
   */
  abstract run<T>(name: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T>;

  /**
   * The same, but does not wait for a process that is alive. It waits only until that is known, which takes a few seconds.
   * @throws LeaseTakenError when another live process holds the lease
   */
  abstract attempt<T>(name: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T>;

  /**
   * Returns a candidacy for a lease that its holder keeps until it ends.
   * @param label the text that describes the holder to other processes
   */
  abstract candidacy(name: string, label: string): Candidacy;
}

/** A candidate for a lease. Its methods reject with the errors of the store. */
export interface Candidacy {
  /** Takes the lease if it is free or its holder has died. @returns the lease, or the label of its holder */
  attempt(): Promise<KeptLease | string>;
  /**
   * Checks the lease without taking it. Regular checks detect a dead holder at once. @returns the label of the holder; undefined: the lease
   * is free
   */
  look(): Promise<string | undefined>;
}

/**
 * A lease that is kept. Work that depends on it must end soon after `lost` aborts: nearly half a lease time later another process may take
 * it.
 */
export interface KeptLease {
  /** Aborts when the lease is lost, or cannot be renewed. */
  readonly lost: AbortSignal;
  /** Releases the lease, unless it is lost. Never rejects. */
  release(): Promise<void>;
}

/** Error: another live process holds the lease. */
export class LeaseTakenError extends Error {
  constructor(name: string) {
    super(`Another process has the lease ${name}`);
    this.name = 'LeaseTakenError';
  }
}
