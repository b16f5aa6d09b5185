import { Injectable } from '@nestjs/common';
import { dynamicClientRegistrationRequest } from 'oauth4webapi';
import { Keyring, recordsWithOneText } from '@manifold/secrets';
import { Store, StoreConflictError, type Collection, type CollectionSpec, type Stored } from '@manifold/store';
import { KeyedMutex } from '@manifold/async';
import { GatewayClient } from './gateway-client.js';
import { knownMethods } from '../protocol/client-authentication.js';
import { jsonObject, numberOf, textOf, type JsonObject } from '../protocol/lenient-json.js';
import type { OAuthMetadata } from '../protocol/metadata-documents.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import { OAuthHttp } from '../protocol/oauth-http.js';
import { OAuthLimits } from '../protocol/oauth-limits.js';
import type { AuthorizationTarget, ProtectedServer, RegisteredClient } from '../protocol/protected-server.js';
import { openJson, sealJson, type Sealed } from '../protocol/sealed-json.js';
import { saidBy, shownCode } from '../protocol/vendor-error.js';
import {
  renewalOf,
  seemsDead,
  withoutTries,
  withTry,
  type Departure,
  type Registration,
} from './registration-tries.js';

/** Key of a registration. `issuer` is the authorization server: a client that it registered is never shown to another one. */
type Place = { tenant: string; server: string; issuer: string };
type ClientRecord = Place & Sealed;

const contextOf = ({ tenant, server, issuer }: Place): string[] => [tenant, server, issuer, 'oauth', 'client'];

const CLIENTS: CollectionSpec<ClientRecord> = {
  name: 'oauth_clients',
  secret: true,
  indexes: [{ fields: ['tenant', 'server', 'issuer'], unique: true }, { fields: ['tenant', 'server'] }],
};

export const SEALED_CLIENTS = recordsWithOneText(CLIENTS, contextOf);

/**
 * Selects the client that the gateway uses at an authorization server, in this order:
 * 1. the client that an operator registered;
 * 2. the URL of the gateway's client id metadata document;
 * 3. a client that the gateway registers itself (RFC 7591), kept sealed for each server and authorization server.
 */
@Injectable()
export class ClientRegistration {
  private readonly records: Collection<ClientRecord>;
  private readonly turns = new KeyedMutex();

  constructor(
    store: Store,
    private readonly keyring: Keyring,
    private readonly gateway: GatewayClient,
    private readonly http: OAuthHttp,
    private readonly limits: OAuthLimits,
  ) {
    this.records = store.collection(CLIENTS);
  }

  /** @throws OAuthFlowError `registration_failed`, `unavailable` */
  async clientFor(
    tenant: string,
    { name, client }: ProtectedServer,
    { metadata }: AuthorizationTarget,
    departure: Departure,
    signal?: AbortSignal,
  ): Promise<RegisteredClient> {
    const { redirectUri, metadataUrl } = this.gateway;
    if (client) return { clientId: client.clientId, clientSecret: client.clientSecret, redirectUri };
    if (metadata.client_id_metadata_document_supported && this.gateway.hasDocument) {
      return { clientId: metadataUrl, authMethod: 'none', redirectUri };
    }
    const place = { tenant, server: name, issuer: metadata.issuer };
    return this.turns.run(JSON.stringify(place), () => this.registered(place, metadata, departure, signal));
  }

  /** Forgets a client that the authorization server no longer knows. The next flow registers a new one. */
  async forget(tenant: string, server: string, clientId: string): Promise<void> {
    const known = await this.known(tenant, server, clientId);
    if (known) await this.records.remove(known.id);
  }

  /** Notes that the authorization server has answered for this client, so that earlier failed tries no longer count. */
  async answered(tenant: string, server: string, clientId: string): Promise<void> {
    const known = await this.known(tenant, server, clientId);
    if (known?.registration.tries) await this.keep(known.value, known, withoutTries(known.registration));
  }

  /** @returns the number of clients that the gateway had registered for the server */
  removeServer(tenant: string, server: string): Promise<number> {
    return this.records.removeWhere({ tenant, server });
  }

  private async known(tenant: string, server: string, clientId: string) {
    for (const stored of await this.records.find({ tenant, server })) {
      const registration = await this.opened(stored.value);
      if (registration.clientId === clientId) return { ...stored, registration };
    }
    return undefined;
  }

  private async registered(
    place: Place,
    metadata: OAuthMetadata,
    departure: Departure,
    signal: AbortSignal | undefined,
  ): Promise<Registration> {
    const [known] = await this.records.find(place);
    const registration = known && (await this.opened(known.value));
    const now = Date.now();
    const isGood = registration !== undefined && this.isGood(registration);
    if (isGood && !seemsDead(registration, departure, now)) {
      return this.keep(place, known, withTry(registration, departure, now));
    }
    const made = await this.register(metadata, signal);
    return this.keep(place, known, withTry(isGood ? renewalOf(registration, made) : made, departure, now));
  }

  private opened(record: ClientRecord): Promise<Registration> {
    return openJson<Registration>(this.keyring, record, contextOf(record));
  }

  private isGood({ redirectUri, secretExpiresAt = Infinity }: Registration): boolean {
    return redirectUri === this.gateway.redirectUri && Date.now() < secretExpiresAt;
  }

  private async register(metadata: OAuthMetadata, signal: AbortSignal | undefined): Promise<Registration> {
    if (metadata.registration_endpoint === undefined) {
      const message = 'The authorization server does not register clients automatically: register the gateway manually';
      throw new OAuthFlowError('registration_failed', message);
    }
    const [asked = 'client_secret_basic'] = knownMethods(metadata.token_endpoint_auth_methods_supported);
    const options = this.http.options<string>({ timeoutMs: this.limits.metadataMs, signal });
    const response = await dynamicClientRegistrationRequest(metadata, this.gateway.description(asked), options);
    const answer = jsonObject(await response.text());
    const clientId = response.ok ? textOf(answer?.client_id) : undefined;
    if (!answer || clientId === undefined) throw notRegistered(response.status, answer);
    return {
      clientId,
      clientSecret: textOf(answer.client_secret),
      authMethod: textOf(answer.token_endpoint_auth_method) ?? asked,
      redirectUri: this.gateway.redirectUri,
      secretExpiresAt: Math.max(numberOf(answer.client_secret_expires_at) ?? 0, 0) * 1000 || undefined,
    };
  }

  /** Stores a client. If two processes store one at the same time, both use the client that was stored first. */
  private async keep(
    { tenant, server, issuer }: Place,
    known: Stored<ClientRecord> | undefined,
    made: Registration,
  ): Promise<Registration> {
    const place = { tenant, server, issuer };
    const record = { ...place, ...sealJson(this.keyring, made, contextOf(place)) };
    try {
      await (known ? this.records.update(known.id, known.revision, record) : this.records.insert(record));
      return made;
    } catch (error) {
      const [winner] = error instanceof StoreConflictError ? await this.records.find(place) : [];
      if (winner) return this.opened(winner.value);
      if (error instanceof StoreConflictError) return made;
      throw error;
    }
  }
}

/** @param answer the answer, perhaps with the reason (RFC 7591, 3.2.2) */
function notRegistered(status: number, answer: JsonObject = {}): OAuthFlowError {
  const code = shownCode(answer.error);
  const answered = code === undefined ? `HTTP ${status}` : `HTTP ${status} (${code})`;
  const message = `The authorization server did not register the gateway: it answered ${answered} without a client id`;
  return new OAuthFlowError('registration_failed', message, { cause: saidBy(answer.error_description) });
}
