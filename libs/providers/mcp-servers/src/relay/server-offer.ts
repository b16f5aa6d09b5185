import { Logger } from '@nestjs/common';
import type { RawObject } from '@manifold/tool-provider';
import { ListingSchedule } from '../listing-schedule.js';
import type { Findings } from '../server-findings.js';
import type { ServerRecord } from '../server-record.js';
import { withTimeLimit } from '../time-limit.js';
import { isObject, type LogRing, type UpstreamConnection } from '../upstream/index.js';
import type { Introduction } from './server-features.js';

const LIMIT_MS = 30_000;
const RETRY_MS = 30_000;

/** Finds out what one configuration of a server offers beside its tools: with each new connection, and when the server says so. */
export class ServerOffer {
  private readonly logger = new Logger(ServerOffer.name);
  private readonly listing = new ListingSchedule(() => this.list());
  private connection?: UpstreamConnection;
  private underWay = Promise.resolve();

  /** @param ended aborts when the server is stopped */
  constructor(
    private readonly record: ServerRecord,
    private readonly findings: Findings,
    private readonly log: LogRing,
    private readonly ended: AbortSignal,
  ) {}

  follow(connection: UpstreamConnection): void {
    this.connection = connection;
    this.findings.connected(connection);
    connection.onOfferChanged(() => this.listing.request());
    this.underWay = this.listing.now();
  }

  /** Resolves when what the latest connection offers is known, or cannot be found out. */
  async settled(): Promise<void> {
    await this.underWay;
  }

  async stop(): Promise<void> {
    await this.listing.stop();
  }

  /** What cannot be listed stays as it was listed before. */
  private async list(): Promise<void> {
    const { connection } = this;
    if (!connection || !this.findings.wantsOffer) return;
    const { tenant, name } = this.record;
    try {
      const message = `Server ${name} did not list its resources and prompts within ${LIMIT_MS / 1000} s`;
      const offer = await withTimeLimit(this.ended, LIMIT_MS, message, (signal) => connection.listOffer(signal));
      const introduction = introductionOf(connection.initializeResult);
      if (!this.ended.aborted) await this.findings.offered({ introduction, offer });
    } catch (error) {
      if (this.connection !== connection || this.ended.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.log.add(`Its resources and prompts could not be listed: ${reason}`, 'error');
      this.logger.warn({ msg: 'a server cannot list its resources and prompts', tenant, server: name, err: error });
      this.listing.request(RETRY_MS);
    }
  }
}

/** What does not have the form that the specification gives it is left out. */
function introductionOf({ capabilities, instructions, serverInfo }: RawObject): Introduction {
  return {
    capabilities: isObject(capabilities) ? capabilities : {},
    ...(typeof instructions === 'string' && { instructions }),
    ...(isObject(serverInfo) && { serverInfo }),
  };
}
