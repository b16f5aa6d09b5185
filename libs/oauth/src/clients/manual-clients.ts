import { Injectable } from '@nestjs/common';
import { ProblemError } from '@manifold/rest';
import { Keyring, recordsWithOneText } from '@manifold/secrets';
import { Store, StoreConflictError, type Collection, type CollectionSpec, type Stored } from '@manifold/store';
import type { PreRegisteredClient } from '../protocol/protected-server.js';
import { sendsElsewhere, withPreset, type VendorSettings } from '../protocol/vendor-settings.js';
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

/** Settings that operators make for the authorization of one server. */
export interface ManualEntry {
  readonly client?: PreRegisteredClient;
  /** Settings, with those of their preset. */
  readonly vendor?: VendorSettings;
}

/** Content of a record. The members of the client stand beside the settings, as in records from before there were settings. */
type Content = Partial<PreRegisteredClient> & { readonly vendor?: VendorSettings };

const ATTEMPTS = 10;

/**
 * Stores the clients that operators registered by hand, at authorization servers that offer no registration, and what they correct about
 * an authorization server. It keeps at most one of both for each server, sealed. Errors: those of the store.
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

  async entry(tenant: string, server: string): Promise<ManualEntry> {
    const { content } = await this.read({ tenant, server });
    return { client: clientIn(content), vendor: content.vendor && withPreset(content.vendor) };
  }

  async of(tenant: string, server: string): Promise<PreRegisteredClient | undefined> {
    return clientIn((await this.read({ tenant, server })).content);
  }

  /** Returns the settings as an operator has set them. */
  async settings(tenant: string, server: string): Promise<VendorSettings | undefined> {
    return (await this.read({ tenant, server })).content.vendor;
  }

  /**
   * Stores the client in place of an earlier one. Existing connections continue to use the client with which they were made.
   * @param changed settings to change; the others stay
   */
  async put(tenant: string, server: string, client: PreRegisteredClient, changed: VendorSettings = {}): Promise<void> {
    const isChanged = Object.keys(changed).length > 0;
    await this.change({ tenant, server }, ({ vendor }) => ({
      ...client,
      vendor: isChanged ? { ...vendor, ...changed } : vendor,
    }));
  }

  /**
   * Stores the settings in place of earlier ones. They apply to connections that begin from now on.
   * @throws ProblemError 409 `client_secret_kept`, if they would send the secret of the stored client elsewhere: whoever changes the
   *   destination must know the secret (threat 60)
   */
  async putSettings(tenant: string, server: string, vendor: VendorSettings): Promise<void> {
    await this.change({ tenant, server }, (content) => {
      const client = clientIn(content);
      if (client?.clientSecret !== undefined && sendsElsewhere(client.issuer, content.vendor, vendor)) {
        throw secretKept(server);
      }
      return { ...client, vendor };
    });
  }

  /** @returns whether there was a client */
  async remove(tenant: string, server: string): Promise<boolean> {
    const before = await this.change({ tenant, server }, ({ vendor }) => ({ vendor }));
    return clientIn(before) !== undefined;
  }

  /** @returns whether there were settings */
  async removeSettings(tenant: string, server: string): Promise<boolean> {
    return (await this.change({ tenant, server }, (content) => ({ ...clientIn(content) }))).vendor !== undefined;
  }

  async removeServer(tenant: string, server: string): Promise<void> {
    await this.records.removeWhere({ tenant, server });
  }

  private async read(place: Place): Promise<{ known?: Stored<ClientRecord>; content: Content }> {
    const [known] = await this.records.find(place);
    return { known, content: known ? await openJson<Content>(this.keyring, known.value, contextOf(known.value)) : {} };
  }

  /** @returns the content before the change */
  private async change(place: Place, next: (content: Content) => Content): Promise<Content> {
    for (let attempt = 1; ; attempt += 1) {
      const { known, content } = await this.read(place);
      const record = { ...place, ...sealJson(this.keyring, next(content), contextOf(place)) };
      try {
        await (known ? this.records.update(known.id, known.revision, record) : this.records.insert(record));
        return content;
      } catch (error) {
        if (!(error instanceof StoreConflictError) || attempt === ATTEMPTS) throw error;
      }
    }
  }
}

const secretKept = (server: string): ProblemError =>
  new ProblemError(
    409,
    'client_secret_kept',
    `These settings change where the client secret of server ${server} is sent: give the client anew with PUT ` +
      `/mcp/servers/${server}/oauth/client, together with preset, issuer, issuerAlias, authorizationEndpoint and tokenEndpoint`,
  );

function clientIn({ issuer, clientId, clientSecret }: Content): PreRegisteredClient | undefined {
  return issuer === undefined || clientId === undefined ? undefined : { issuer, clientId, clientSecret };
}
