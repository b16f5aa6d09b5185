import { Injectable } from '@nestjs/common';
import PQueue from 'p-queue';
import { Config } from '@manifold/config';
import { showQueue } from '@manifold/metrics';
import { SecretsService } from '@manifold/secrets';
import { ServerConnector } from '../connections/server-connector.js';
import { UserConsents } from '../connections/user-consents.js';
import { UserServerPool } from './user-server-pool.js';
import type { UserSupervision } from './user-servers.js';

const STARTS_AT_A_TIME = 4;

/** The resources that all servers of this replica share: the queue of their starts, and the places for servers of single users. */
@Injectable()
export class ServerResources implements UserSupervision {
  readonly starts = new PQueue({ concurrency: STARTS_AT_A_TIME });
  readonly startTimeoutMs: number;
  readonly listingTtlMs: number;
  readonly pool: UserServerPool;

  constructor(
    readonly connector: ServerConnector,
    readonly secrets: SecretsService,
    readonly consents: UserConsents,
    { hosting, limits, toolListTtlMs }: Config,
  ) {
    this.startTimeoutMs = hosting.startTimeoutMs;
    this.listingTtlMs = toolListTtlMs;
    const { maxUserServers: max, userServerIdleMs: idleMs } = hosting;
    this.pool = new UserServerPool({ max, idleMs, shares: limits.shares });
    showQueue('server_starts', () => this.starts.size);
  }
}
