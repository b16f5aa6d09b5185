import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus } from '@manifold/bus';
import { Store, type CollectionSpec } from '@manifold/store';
import { learnedRecords, putLearned, type LearnedRecords } from './learned-records.js';
import type { Era } from '@manifold/mcp-client';

type EraRecord = {
  tenant: string;
  name: string;
  era: Era;
  /** Version of the configuration that was probed. */
  version: string;
  /** ISO 8601. */
  at: string;
};

const SERVER_ERAS: CollectionSpec<EraRecord> = {
  name: 'mcp_server_eras',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
};

/** Interval after which a legacy server is probed again when it is connected. It may have been upgraded. */
const LEGACY_FOR_MS = 24 * 60 * 60_000;

/** Knows the protocol era of each registered server, so that it is not probed with each connection. */
@Injectable()
export class ServerEras implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(ServerEras.name);
  private readonly records: LearnedRecords<EraRecord>;

  constructor(store: Store, bus: Bus) {
    this.records = learnedRecords(SERVER_ERAS, store, bus);
  }

  async onModuleInit(): Promise<void> {
    await this.records.load();
  }

  onApplicationShutdown(): void {
    this.records.close();
  }

  /** @returns undefined if this version of the configuration was never probed, or too long ago */
  of(tenant: string, name: string, version: string): Era | undefined {
    const record = this.records.peek({ tenant, name });
    if (record?.version !== version) return undefined;
    const isStale = record.era === 'legacy' && Date.now() - Date.parse(record.at) > LEGACY_FOR_MS;
    return isStale ? undefined : record.era;
  }

  /** Stores the era. A failure of the store is only logged: the server is probed again later. */
  async update(tenant: string, name: string, version: string, era: Era): Promise<void> {
    if (this.of(tenant, name, version) === era) return;
    try {
      await putLearned(this.records, { tenant, name, era, version, at: new Date().toISOString() });
    } catch (error) {
      this.logger.error({ msg: 'the era of a server could not be stored', server: name, err: error });
    }
  }

  async forget(tenant: string, name: string): Promise<void> {
    await this.records.remove({ tenant, name });
  }
}
