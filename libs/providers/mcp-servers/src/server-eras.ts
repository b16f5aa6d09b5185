import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Bus } from '@manifold/bus';
import { Store, type CollectionSpec } from '@manifold/store';
import { LearnedRecords } from './learned-records.js';
import type { Era } from './upstream/index.js';

type EraRecord = {
  tenant: string;
  name: string;
  era: Era;
  /** Of the configuration that was asked. */
  version: string;
  /** ISO 8601. */
  at: string;
};

const SERVER_ERAS: CollectionSpec<EraRecord> = {
  name: 'mcp_server_eras',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
};

/** Servers get younger: one of the legacy era is asked again when this has passed and it is connected. */
const LEGACY_FOR_MS = 24 * 60 * 60_000;

/** In which era each registered server speaks, so that it is not asked with each connection. */
@Injectable()
export class ServerEras implements OnModuleInit {
  private readonly logger = new Logger(ServerEras.name);
  private records: LearnedRecords<EraRecord>;

  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
  ) {}

  async onModuleInit(): Promise<void> {
    this.records = new LearnedRecords(SERVER_ERAS, this.store, this.bus);
    await this.records.load();
  }

  /** @returns undefined where this version of the configuration was never asked, or too long ago */
  of(tenant: string, name: string, version: string): Era | undefined {
    const record = this.records.get(tenant, name);
    if (record?.version !== version) return undefined;
    const isStale = record.era === 'legacy' && Date.now() - Date.parse(record.at) > LEGACY_FOR_MS;
    return isStale ? undefined : record.era;
  }

  /** A store that fails is logged: the server is asked again. */
  async learn(tenant: string, name: string, version: string, era: Era): Promise<void> {
    if (this.of(tenant, name, version) === era) return;
    try {
      await this.records.put({ tenant, name, era, version, at: new Date().toISOString() });
    } catch (error) {
      this.logger.error({ msg: 'the era of a server could not be stored', server: name, err: error });
    }
  }

  async forget(tenant: string, name: string): Promise<void> {
    await this.records.remove(tenant, name);
  }
}
