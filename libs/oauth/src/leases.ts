/** Turns that processes take: at most one of them does a thing at a time. */
export abstract class Leases {
  /**
   * Runs the task as soon as no other process runs one under this name. The turn of a process that has died passes on after a while. A
   * process that stood still for longer than that may find that it was taken for dead: what must not be overwritten has to be protected
   * by a revision as well.
   *
   * Rejects as the task does, and with the errors of what the leases are kept in.
   */
  abstract run<T>(name: string, task: () => Promise<T>): Promise<T>;
}
