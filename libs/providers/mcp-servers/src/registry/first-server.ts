import { isDeepStrictEqual } from 'node:util';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DEFAULT_TENANT } from '@manifold/auth';
import { Config } from '@manifold/config';
import { ProblemError } from '@manifold/rest';
import { Store, StoreConflictError, type CollectionSpec } from '@manifold/store';
import { ServerRegistry } from './server-registry.service.js';

/** Servers that the gateway has registered by itself. If an operator deletes one, it is not registered again. */
const SEEDED: CollectionSpec<{ at: string }> = { name: 'mcp_server_seeds' };

const NAME = 'everything';
const PROGRAM = { command: 'node_modules/.bin/mcp-server-everything', args: ['stdio'] };
/** Arguments with which version 0.1.0 registered it. They count from the folder of the gateway, in which servers ran then. */
const EARLIER_ARGS = ['node_modules/@modelcontextprotocol/server-everything/dist/index.js', 'stdio'];
const SETTINGS = {
  ...PROGRAM,
  displayName: 'Everything',
  description: 'Exercises all features of MCP. Registered on the first start.',
};

/** Registers a sample server on the first start, so that the first `tools/list` returns tools. */
@Injectable()
export class FirstServer implements OnApplicationBootstrap {
  private readonly logger = new Logger(FirstServer.name);

  constructor(
    private readonly config: Config,
    private readonly store: Store,
    private readonly registry: ServerRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.sampleServer) return;
    const seeds = this.store.collection(SEEDED);
    if (await seeds.get(NAME)) return this.renew();
    try {
      await this.registry.register(DEFAULT_TENANT, NAME, SETTINGS);
    } catch (error) {
      if (error instanceof ProblemError && error.status === 403)
        return this.logger.warn({ msg: 'the sample server is not registered', reason: error.message });
      unlessConflict(error);
    }
    await seeds.insert({ at: new Date().toISOString() }, { id: NAME }).catch(unlessConflict);
  }

  private async renew(): Promise<void> {
    const transport = this.registry.find(DEFAULT_TENANT, NAME)?.transport;
    if (transport?.transportType !== 'stdio' || !isDeepStrictEqual(transport.args, EARLIER_ARGS)) return;
    await this.registry.update(DEFAULT_TENANT, NAME, PROGRAM).catch(unlessConflict);
  }
}

/** Ignores a conflict: an earlier start or another process has already done this step. */
function unlessConflict(error: unknown): void {
  if (error instanceof StoreConflictError || (error instanceof ProblemError && error.status === 409)) return;
  throw error;
}
