import { Injectable } from '@nestjs/common';
import { Problem } from '@manifold/rest';

/** What is being done to the packages: one thing at a time for each server. */
@Injectable()
export class PackageWork {
  private readonly running = new Map<string, AbortController>();

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
    if (this.running.has(key)) {
      throw new Problem(409, 'package_busy', `The package of ${serverName} is being installed or upgraded`);
    }
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal.reason);
    this.running.set(key, controller);
    signal.addEventListener('abort', abort);
    try {
      signal.throwIfAborted();
      return await task(controller.signal);
    } finally {
      signal.removeEventListener('abort', abort);
      this.running.delete(key);
    }
  }

  /** Ends what is being done to the package of a server, if anything. */
  cancel(tenant: string, serverName: string, reason: Error): void {
    this.running.get(keyOf(tenant, serverName))?.abort(reason);
  }

  cancelAll(reason: Error): void {
    for (const controller of this.running.values()) controller.abort(reason);
  }
}

const keyOf = (tenant: string, serverName: string): string => JSON.stringify([tenant, serverName]);
