import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, Topic, type Unsubscribe } from '@manifold/bus';
import { Leases, LeaseTaken } from '@manifold/leases';
import { Problem } from '@manifold/rest';

/** What is being done to the package of a server ends, for a reason as clients are told it. */
const CANCELLED = new Topic<{
  readonly tenant: string;
  readonly serverName: string;
  readonly reason: { readonly status: number; readonly code: string; readonly message: string };
}>('packages.cancelled');

/**
 * What is being done to the packages: one thing at a time for each server, whichever replica does it. The replica has a lease meanwhile:
 * when it dies, another one may go on.
 */
@Injectable()
export class PackageWork implements OnModuleInit, OnApplicationShutdown {
  private readonly running = new Map<string, AbortController>();
  private unsubscribe: Unsubscribe = () => undefined;

  constructor(
    private readonly bus: Bus,
    private readonly leases: Leases,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.bus.onAnnounced(CANCELLED, ({ tenant, serverName, reason: { status, code, message } }) =>
      this.cancelHere(tenant, serverName, new Problem(status, code, message)),
    );
  }

  onApplicationShutdown(): void {
    this.unsubscribe();
    for (const controller of this.running.values()) controller.abort(new Error('The gateway stops'));
  }

  /**
   * @param signal ends the work early, as `cancel` does
   * @throws Problem 409 `package_busy` while something else is done to the package of this server
   */
  async exclusively<T>(
    tenant: string,
    serverName: string,
    signal: AbortSignal,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const key = keyOf(tenant, serverName);
    if (this.running.has(key)) throw busy(serverName);
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal.reason);
    this.running.set(key, controller);
    signal.addEventListener('abort', abort);
    try {
      signal.throwIfAborted();
      return await this.amongReplicas(key, controller.signal, () => task(controller.signal));
    } catch (error) {
      throw error instanceof LeaseTaken ? busy(serverName) : error;
    } finally {
      signal.removeEventListener('abort', abort);
      this.running.delete(key);
    }
  }

  /** One replica after another does what has this name. @param signal ends the waiting */
  inTurn<T>(name: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return this.bus.isShared ? this.leases.run(name, task, signal) : task();
  }

  /** Ends what is being done to the package of a server, if anything, wherever it is done. Does not wait for its end. */
  async cancel(tenant: string, serverName: string, reason: Problem): Promise<void> {
    this.cancelHere(tenant, serverName, reason);
    const { status, code, message } = reason;
    await this.bus.announce(CANCELLED, { tenant, serverName, reason: { status, code, message } });
  }

  private cancelHere(tenant: string, serverName: string, reason: Problem): void {
    this.running.get(keyOf(tenant, serverName))?.abort(reason);
  }

  private amongReplicas<T>(key: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return this.bus.isShared ? this.leases.attempt(`package ${key}`, task, signal) : task();
  }
}

const busy = (serverName: string): Problem =>
  new Problem(409, 'package_busy', `The package of ${serverName} is being installed or upgraded`);

const keyOf = (tenant: string, serverName: string): string => JSON.stringify([tenant, serverName]);
