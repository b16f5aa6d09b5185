import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DEFAULT_TENANT } from '@manifold/auth';
import { Config } from '@manifold/config';
import { Problem } from '@manifold/rest';
import { Store, StoreConflict, type CollectionSpec } from '@manifold/store';
import { ServerRegistry } from './server-registry.service.js';

/** Servers that the gateway once registered by itself: what an operator then deletes does not come back. */
const SEEDED: CollectionSpec<{ at: string }> = { name: 'mcp_server_seeds' };

const NAME = 'everything';
const SETTINGS = {
  command: 'node',
  args: ['node_modules/@modelcontextprotocol/server-everything/dist/index.js', 'stdio'],
  displayName: 'Everything',
  description: 'Exercises all features of MCP. Registered on the first start.',
};

/** Gives a newcomer one real server, so that the first `tools/list` shows tools. */
@Injectable()
export class FirstServer implements OnApplicationBootstrap {
  constructor(
    private readonly config: Config,
    private readonly store: Store,
    private readonly registry: ServerRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.sampleServer) return;
    const seeds = this.store.collection(SEEDED);
    if (await seeds.get(NAME)) return;
    await this.registry.register(DEFAULT_TENANT, NAME, SETTINGS).catch(unlessConflict);
    await seeds.insert({ at: new Date().toISOString() }, { id: NAME }).catch(unlessConflict);
  }
}

/** An earlier start, or another process, got that far already. */
function unlessConflict(error: unknown): void {
  if (error instanceof StoreConflict || (error instanceof Problem && error.status === 409)) return;
  throw error;
}
