import { Logger } from '@nestjs/common';
import type { DeletionHooks } from '@manifold/server-hosting';

/** What others do beside the deletion of a server. */
export class Deletions {
  private readonly logger = new Logger(Deletions.name);
  private readonly hooks = new Set<DeletionHooks>();

  /** @returns a function that takes the hooks away */
  add(hooks: DeletionHooks): () => void {
    this.hooks.add(hooks);
    return () => this.hooks.delete(hooks);
  }

  async before(tenant: string, name: string): Promise<void> {
    for (const hooks of this.hooks) await hooks.before(tenant, name);
  }

  /** The server is gone, whatever becomes of this. Never fails. */
  async after(tenant: string, name: string): Promise<void> {
    for (const hooks of this.hooks) {
      try {
        await hooks.after(tenant, name);
      } catch (error) {
        this.logger.error({ msg: 'something of a deleted server is left', tenant, server: name, err: error });
      }
    }
  }
}
