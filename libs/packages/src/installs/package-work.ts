import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { tupleKey } from '@manifold/async';
import { Bus, OnAnnounced, Topic, Leases, LeaseTakenError } from '@manifold/bus';
import { ProblemError } from '@manifold/rest';

/** Message: cancel the work on the package of a server, with the reason that clients see. */
interface Cancelled {
  readonly tenant: string;
  readonly serverName: string;
  readonly reason: { readonly status: number; readonly code: string; readonly message: string };
}

const CANCELLED = new Topic<Cancelled>('packages.cancelled');

/**
 * Runs work on packages, one task at a time for each server over all replicas. The replica holds a lease during the task. If the replica
 * dies, another one can continue.
 */
@Injectable()
export class PackageWork implements OnApplicationShutdown {
  private readonly running = new Map<string, AbortController>();

  constructor(
    private readonly bus: Bus,
    private readonly leases: Leases,
  ) {}

  onApplicationShutdown(): void {
    for (const controller of this.running.values()) controller.abort(new Error('The gateway is shutting down'));
  }

  /**
   * Runs a task unless another task of this server is running.
   * @param signal cancels the task, like `cancel`
   * @throws ProblemError 409 `package_busy` while another task of this server is running
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
      throw error instanceof LeaseTakenError ? busy(serverName) : error;
    } finally {
      signal.removeEventListener('abort', abort);
      this.running.delete(key);
    }
  }

  /** Runs a task with this name. The replicas run it one after another. @param signal ends the waiting */
  inTurn<T>(name: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return this.bus.isShared ? this.leases.run(name, task, signal) : task();
  }

  /** Cancels the running task of a server, if any, on all replicas. Does not wait until the task has ended. */
  async cancel(tenant: string, serverName: string, reason: ProblemError): Promise<void> {
    this.cancelHere(tenant, serverName, reason);
    const { status, code, message } = reason;
    await this.bus.announce(CANCELLED, { tenant, serverName, reason: { status, code, message } });
  }

  @OnAnnounced(CANCELLED)
  onCancelled({ tenant, serverName, reason: { status, code, message } }: Cancelled): void {
    this.cancelHere(tenant, serverName, new ProblemError(status, code, message));
  }

  private cancelHere(tenant: string, serverName: string, reason: ProblemError): void {
    this.running.get(keyOf(tenant, serverName))?.abort(reason);
  }

  private amongReplicas<T>(key: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return this.bus.isShared ? this.leases.attempt(`package ${key}`, task, signal) : task();
  }
}

const busy = (serverName: string): ProblemError =>
  new ProblemError(409, 'package_busy', `The package of ${serverName} is being installed or upgraded`);

const keyOf = (tenant: string, serverName: string): string => tupleKey(tenant, serverName);
