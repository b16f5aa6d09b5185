import { Injectable } from '@nestjs/common';
import type { OAuthMetadata } from '@modelcontextprotocol/sdk/shared/auth.js';
import { Keyring, recordsWithOneText } from '@manifold/secrets';
import { Store, StoreConflictError, type Collection, type CollectionSpec, type Stored } from '@manifold/store';
import { KeyedMutex } from '@manifold/async';
import { GatewayClient } from './gateway-client.js';
import { jsonObject, numberOf, textOf } from '../protocol/lenient-json.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import { OAuthHttp } from '../protocol/oauth-http.js';
import { OAuthLimits } from '../protocol/oauth-limits.js';
import type { AuthorizationTarget, ProtectedServer, RegisteredClient } from '../protocol/protected-server.js';
import { openJson, sealJson, type Sealed } from '../protocol/sealed-json.js';

/** Key of a registration. `issuer` is the authorization server: a client that it registered is never shown to another one. */
type Place = { tenant: string; server: string; issuer: string };
type ClientRecord = Place & Sealed;

interface Registration extends RegisteredClient {
  /** Expiry of the client secret in epoch milliseconds. */
  readonly secretExpiresAt?: number;
}

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
    signal?: AbortSignal,
  ): Promise<RegisteredClient> {
    const { redirectUri, metadataUrl } = this.gateway;
    if (client) return { clientId: client.clientId, clientSecret: client.clientSecret, redirectUri };
    if (metadata.client_id_metadata_document_supported && this.gateway.hasDocument) {
      return { clientId: metadataUrl, authMethod: 'none', redirectUri };
    }
    const place = { tenant, server: name, issuer: metadata.issuer };
    return this.turns.run(JSON.stringify(place), () => this.registered(place, metadata, signal));
  }

  /** Forgets a client that the authorization server no longer knows. The next flow registers a new one. */
  async forget(place: Place): Promise<void> {
    await this.records.removeWhere(place);
  }

  async removeServer(tenant: string, server: string): Promise<void> {
    await this.records.removeWhere({ tenant, server });
  }

  private async registered(place: Place, metadata: OAuthMetadata, signal?: AbortSignal): Promise<RegisteredClient> {
    const [known] = await this.records.find(place);
    const registration = known && (await openJson<Registration>(this.keyring, known.value, contextOf(place)));
    if (registration && this.isGood(registration)) return registration;
    return this.keep(place, known, await this.register(metadata, signal));
  }

  private isGood({ redirectUri, secretExpiresAt = Infinity }: Registration): boolean {
    return redirectUri === this.gateway.redirectUri && Date.now() < secretExpiresAt;
  }

  private async register(metadata: OAuthMetadata, signal: AbortSignal | undefined): Promise<Registration> {
    if (metadata.registration_endpoint === undefined) {
      const message = 'The authorization server does not register clients automatically: register the gateway manually';
      throw new OAuthFlowError('registration_failed', message);
    }
    const asked = authMethodFor(metadata);
    const response = await this.http.fetch(metadata.registration_endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(this.gateway.description(asked)),
      timeoutMs: this.limits.metadataMs,
      signal,
    });
    const answer = response.ok ? jsonObject(await response.text()) : undefined;
    const clientId = textOf(answer?.client_id);
    if (!answer || clientId === undefined) throw notRegistered(response.status);
    return {
      clientId,
      clientSecret: textOf(answer.client_secret),
      authMethod: textOf(answer.token_endpoint_auth_method) ?? asked,
      redirectUri: this.gateway.redirectUri,
      secretExpiresAt: Math.max(numberOf(answer.client_secret_expires_at) ?? 0, 0) * 1000 || undefined,
    };
  }

  /** Stores a new client. If two processes register at the same time, both use the client that was stored first. */
  private async keep(place: Place, known: Stored<ClientRecord> | undefined, made: Registration): Promise<Registration> {
    const record = { ...place, ...sealJson(this.keyring, made, contextOf(place)) };
    try {
      await (known ? this.records.update(known.id, known.revision, record) : this.records.insert(record));
      return made;
    } catch (error) {
      const [winner] = error instanceof StoreConflictError ? await this.records.find(place) : [];
      if (!winner) throw error;
      return openJson<Registration>(this.keyring, winner.value, contextOf(place));
    }
  }
}

const notRegistered = (status: number): OAuthFlowError =>
  new OAuthFlowError(
    'registration_failed',
    `The authorization server did not register the gateway: it answered HTTP ${status} without a client id`,
  );

/** Selects the authentication method. The gateway can keep a secret, so it prefers one. A missing list means Basic (RFC 8414, 2). */
function authMethodFor({ token_endpoint_auth_methods_supported: supported }: OAuthMetadata): string {
  const methods = ['client_secret_basic', 'client_secret_post', 'none'];
  return methods.find((method) => supported?.includes(method)) ?? methods[0]!;
}
