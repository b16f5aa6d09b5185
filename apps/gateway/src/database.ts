import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Store } from '@manifold/store';

/** Milliseconds for which a database may be away when the gateway starts: both are often started together. */
const AWAITED_MS = 15_000;
const RETRY_MS = 500;

/** Resolves when the database answers. @throws StoreUnavailable when it does not for long */
export async function untilDatabaseAnswers(store: Store, log: Logger): Promise<void> {
  const deadline = performance.now() + AWAITED_MS;
  for (let tries = 0; ; tries += 1) {
    try {
      return await store.ping();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      if (tries === 0) log.warn('the database does not answer yet: waiting for it');
      await pause(RETRY_MS);
    }
  }
}
