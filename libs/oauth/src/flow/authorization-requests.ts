import { Injectable } from '@nestjs/common';
import { startAuthorization } from '@modelcontextprotocol/sdk/client/auth.js';
import { ClientRegistration } from '../clients/client-registration.js';
import { ManualClients } from '../clients/manual-clients.js';
import { Discovery } from '../discovery/discovery.js';
import { uniqueScopes, type BearerChallenge } from '../protocol/bearer-challenge.js';
import type { AuthorizationTarget, ProtectedServer } from '../protocol/protected-server.js';
import type { ConnectionOwner } from '../tokens/connection-owner.js';
import { areFor, tokenIssuerOf } from '../tokens/connection-tokens.js';
import { TokenVault } from '../tokens/token-vault.js';
import { PendingAuthorizations, type PendingFlow } from './pending-authorizations.js';

/** Authorization request (RFC 6749, 4.1.1), which the user's browser carries to the authorization server. */
export interface AuthorizationRequest {
  readonly url: URL;
  readonly state: string;
  /** The values with which the gateway redeems the code. */
  readonly flow: PendingFlow;
}

/** Prepares authorization requests: discovery, client registration, scopes and PKCE. */
@Injectable()
export class AuthorizationRequests {
  constructor(
    private readonly discovery: Discovery,
    private readonly registration: ClientRegistration,
    private readonly manual: ManualClients,
    private readonly vault: TokenVault,
  ) {}

  /**
   * @param challenge the challenge with which the server refused a call
   * @throws OAuthFlowError; errors of the store; the signal's reason
   */
  async prepare(
    owner: ConnectionOwner,
    named: ProtectedServer,
    challenge?: BearerChallenge,
    signal?: AbortSignal,
  ): Promise<AuthorizationRequest> {
    const server = { client: await this.manual.of(owner.principal.tenant, named.name), ...named };
    const target = await this.discovery.discover(server, challenge, signal);
    const client = await this.registration.clientFor(owner.principal.tenant, server, target, signal);
    const scopes = await this.scopesToAsk(owner, server, target, challenge);
    const { metadata, resource } = target;
    const state = PendingAuthorizations.newState();
    const { authorizationUrl, codeVerifier } = await startAuthorization(metadata.issuer, {
      metadata,
      clientInformation: { client_id: client.clientId },
      redirectUrl: client.redirectUri,
      scope: scopes.join(' ') || undefined,
      state,
      resource,
    });
    const namesItself = metadata.authorization_response_iss_parameter_supported === true;
    const flow: PendingFlow = { codeVerifier, scopes, resource, issuer: tokenIssuerOf(metadata), namesItself, client };
    return { url: authorizationUrl, state, flow };
  }

  /**
   * Returns the scopes to request: those of the challenge, else those of the server's metadata, plus those that the user granted before.
   * Without the earlier scopes, consent to a further scope would lose them. `offline_access` is added if the authorization server supports
   * it, to get a refresh token.
   */
  private async scopesToAsk(
    owner: ConnectionOwner,
    { url }: ProtectedServer,
    { metadata, scopes }: AuthorizationTarget,
    challenge: BearerChallenge | undefined,
  ): Promise<string[]> {
    const held = (await this.vault.get(owner))?.tokens;
    const isSame = held !== undefined && areFor(held, url) && held.issuer?.issuer === metadata.issuer;
    const wanted = challenge?.scopes.length ? challenge.scopes : scopes;
    const offline = (metadata.scopes_supported ?? []).filter((scope) => scope === 'offline_access');
    return uniqueScopes([...(isSame ? held.scopes : []), ...wanted, ...offline]);
  }
}
