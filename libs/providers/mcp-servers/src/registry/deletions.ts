import { Logger } from '@nestjs/common';
import type { DeletionHooks } from '@manifold/server-model';

/** Hooks that other parts of the gateway run when a server is deleted. */
export class Deletions {
  private readonly logger = new Logger(Deletions.name);
  private readonly hooks = new Set<DeletionHooks>();

  /** @returns a function that removes the hooks */
  add(hooks: DeletionHooks): () => void {
    this.hooks.add(hooks);
    return () => this.hooks.delete(hooks);
  }

  async before(tenant: string, name: string): Promise<void> {
    for (const hooks of this.hooks) await hooks.before(tenant, name);
  }

  /** Runs the hooks after the deletion. An error is logged and does not undo the deletion. Never rejects. */
  async after(tenant: string, name: string): Promise<void> {
    for (const hooks of this.hooks) {
      try {
        await hooks.after(tenant, name);
      } catch (error) {
        this.logger.error({ msg: 'cleanup after server deletion is incomplete', tenant, server: name, err: error });
      }
    }
  }
}
