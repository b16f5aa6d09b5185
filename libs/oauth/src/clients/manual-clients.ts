import { Injectable } from '@nestjs/common';
import { Keyring, recordsWithOneText } from '@manifold/secrets';
import { changeRecord, Store, type Collection, type CollectionSpec } from '@manifold/store';
import type { PreRegisteredClient } from '../protocol/protected-server.js';
import { openJson, sealJson, type Sealed } from '../protocol/sealed-json.js';

type Place = { tenant: string; server: string };
type ClientRecord = Place & Sealed;

const contextOf = ({ tenant, server }: Place): string[] => [tenant, server, 'oauth', 'manual client'];

const CLIENTS: CollectionSpec<ClientRecord> = {
  name: 'oauth_manual_clients',
  secret: true,
  indexes: [{ fields: ['tenant', 'server'], unique: true }],
};

export const SEALED_MANUAL_CLIENTS = recordsWithOneText(CLIENTS, contextOf);

/**
 * Stores the clients that operators registered by hand, at authorization servers that offer no registration. It keeps at most one for each
 * server, sealed. Errors: those of the store.
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
    const [known] = await this.records.find({ tenant, server });
    return known && openJson<PreRegisteredClient>(this.keyring, known.value, contextOf(known.value));
  }

  /** Stores the client in place of an earlier one. Existing connections continue to use the client with which they were made. */
  async put(tenant: string, server: string, client: PreRegisteredClient): Promise<void> {
    const place = { tenant, server };
    const record = { ...place, ...sealJson(this.keyring, client, contextOf(place)) };
    await changeRecord(this.records, place, () => record);
  }

  /** @returns whether there was a client */
  async remove(tenant: string, server: string): Promise<boolean> {
    return (await this.records.removeWhere({ tenant, server })) > 0;
  }
}
