import { Logger } from '@nestjs/common';
import { isObject, withTimeLimit } from '@manifold/async';
import { ProviderError, type RawObject } from '@manifold/tool-provider';
import { ListingSchedule } from './listing-schedule.js';
import type { ConnectionMetadata } from '../metadata/server-metadata.js';
import type { ServerRecord } from '../model/server-record.js';
import type { LogRing, UpstreamConnection } from '@manifold/mcp-client';
import type { Introduction } from '../metadata/server-features.js';

const LIMIT_MS = 30_000;
const RETRY_MS = 30_000;

/**
 * Lists the resources and prompts of one configuration of a server: with each new connection, and when the server says that they changed.
 */
export class ServerPrimitives {
  private readonly logger = new Logger(ServerPrimitives.name);
  private readonly listing: ListingSchedule;
  private connection?: UpstreamConnection;
  private underWay = Promise.resolve();

  /** @param ended aborts when the server is stopped */
  constructor(
    private readonly record: ServerRecord,
    private readonly metadata: ConnectionMetadata,
    private readonly log: LogRing,
    private readonly ended: AbortSignal,
    /** See {@link ListingSchedule}. */
    regularly: () => number | undefined,
  ) {
    this.listing = new ListingSchedule(() => this.list(), regularly);
  }

  follow(connection: UpstreamConnection): void {
    this.connection = connection;
    this.metadata.connected(connection);
    connection.onPrimitivesChanged(() => this.listing.request());
    this.underWay = this.listing.now();
  }

  /** Resolves when the primitives of the latest connection are listed, or cannot be. */
  async settled(): Promise<void> {
    await this.underWay;
  }

  /** Lists them again. Resolves when that has ended. */
  refresh(): Promise<void> {
    return this.listing.now();
  }

  async stop(): Promise<void> {
    await this.listing.stop();
  }

  /** Lists the resources and prompts. If this fails, the previous lists stay in use. */
  private async list(): Promise<void> {
    const { connection } = this;
    if (!connection || !this.metadata.wantsPrimitives) return;
    const { tenant, name } = this.record;
    try {
      const message = `Server ${name} did not list its resources and prompts within ${LIMIT_MS / 1000} s`;
      const late = () => new ProviderError('upstream_unavailable', message);
      const primitives = await withTimeLimit(this.ended, LIMIT_MS, late, (signal) => connection.listPrimitives(signal));
      const introduction = introductionOf(connection.initializeResult);
      if (!this.ended.aborted) await this.metadata.primitivesListed({ introduction, primitives });
    } catch (error) {
      if (this.connection !== connection || this.ended.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.log.add(`Its resources and prompts could not be listed: ${reason}`, 'error');
      this.logger.warn({ msg: 'a server cannot list its resources and prompts', tenant, server: name, err: error });
      this.listing.request(RETRY_MS);
    }
  }
}

/** Returns the server's introduction without the members that do not conform to the specification. */
function introductionOf({ capabilities, instructions, serverInfo }: RawObject): Introduction {
  return {
    capabilities: isObject(capabilities) ? capabilities : {},
    ...(typeof instructions === 'string' && { instructions }),
    ...(isObject(serverInfo) && { serverInfo }),
  };
}
