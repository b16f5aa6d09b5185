import { Injectable } from '@nestjs/common';
import { Keyring, recordsWithOneText } from '@manifold/secrets';
import { Store, StoreConflict, type Collection, type CollectionSpec, type Stored } from '@manifold/store';
import type { PreRegisteredClient } from './protected-server.js';
import { openJson, sealJson, type Sealed } from './sealed-json.js';

type Place = { tenant: string; server: string };
type ClientRecord = Place & Sealed;

/** Writers of one record may be overtaken this often. */
const WRITE_ATTEMPTS = 5;

const contextOf = ({ tenant, server }: Place): string[] => [tenant, server, 'oauth', 'manual client'];

const CLIENTS: CollectionSpec<ClientRecord> = {
  name: 'oauth_manual_clients',
  secret: true,
  indexes: [{ fields: ['tenant', 'server'], unique: true }],
};

export const SEALED_MANUAL_CLIENTS = recordsWithOneText(CLIENTS, contextOf);

/**
 * The clients that operators have registered by hand, at authorization servers that register none themselves: at most one for each server,
 * kept sealed. Errors: those of the store.
 */
@Injectable()
export class ManualClients {
  private readonly records: Collection<ClientRecord>;

  constructor(
    store: Store,
    private readonly keyring: Keyring,
  ) {
    this.records = store.collection(CLIENTS);
  }

  async of(tenant: string, server: string): Promise<PreRegisteredClient | undefined> {
    const known = await this.find({ tenant, server });
    return known && openJson<PreRegisteredClient>(this.keyring, known.value, contextOf(known.value));
  }

  /** In the place of the one that was there. Connections go on with the client that they were made with. */
  async put(tenant: string, server: string, client: PreRegisteredClient): Promise<void> {
    const place = { tenant, server };
    const record = { ...place, ...sealJson(this.keyring, client, contextOf(place)) };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const known = await this.find(place);
        await (known ? this.records.update(known.id, known.revision, record) : this.records.insert(record));
        return;
      } catch (error) {
        if (!(error instanceof StoreConflict) || attempt === WRITE_ATTEMPTS) throw error;
      }
    }
  }

  /** @returns whether there was one */
  async remove(tenant: string, server: string): Promise<boolean> {
    return (await this.records.removeWhere({ tenant, server })) > 0;
  }

  private async find(place: Place): Promise<Stored<ClientRecord> | undefined> {
    return (await this.records.find(place))[0];
  }
}
