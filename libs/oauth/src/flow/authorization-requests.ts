import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { calculatePKCECodeChallenge, generateRandomCodeVerifier, generateRandomState } from 'oauth4webapi';
import { ClientRegistration } from '../clients/client-registration.js';
import { ManualClients } from '../clients/manual-clients.js';
import type { Departure } from '../clients/registration-tries.js';
import { Discovery } from '../discovery/discovery.js';
import { aliasesOf } from '../discovery/vendor-corrections.js';
import { uniqueScopes, type BearerChallenge } from '../protocol/bearer-challenge.js';
import type { AuthorizationTarget, ProtectedServer } from '../protocol/protected-server.js';
import { isFreeParameter, type VendorSettings } from '../protocol/vendor-settings.js';
import { ownerFields, ownerKey, type ConnectionOwner } from '../tokens/connection-owner.js';
import { areFor, tokenIssuerOf } from '../tokens/connection-tokens.js';
import { TokenVault } from '../tokens/token-vault.js';
import type { PendingFlow } from './pending-authorizations.js';

const OFFLINE = 'offline_access';

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
    const server = { ...(await this.manual.entry(owner.principal.tenant, named.name)), ...named };
    const target = await this.discovery.discover(server, challenge, signal);
    const departure = await this.departureOf(owner);
    const client = await this.registration.clientFor(owner.principal.tenant, server, target, departure, signal);
    const scopes = await this.scopesToAsk(owner, server, target, challenge);
    const { metadata, resource, indicator } = target;
    const state = generateRandomState();
    const codeVerifier = generateRandomCodeVerifier();
    const url = withParameters(metadata.authorization_endpoint, {
      // Without the page, no user could allow it (OpenID Connect Core, 11).
      prompt: scopes.includes(OFFLINE) ? 'consent' : undefined,
      ...freeParameters(server.vendor),
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: client.redirectUri,
      scope: scopes.join(' ') || undefined,
      state,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      resource: (indicator === undefined ? resource : indicator) ?? undefined,
    });
    const issuer = tokenIssuerOf(metadata);
    const issuerAliases = aliasesOf(server);
    const namesItself = metadata.authorization_response_iss_parameter_supported === true;
    const flow = { codeVerifier, scopes, resource, indicator, issuer, issuerAliases, namesItself, client };
    return { url, state, flow };
  }

  private async departureOf(owner: ConnectionOwner): Promise<Departure> {
    const hasConnections = await this.vault.hasAny(owner.principal.tenant, owner.server);
    return { user: hash('sha256', ownerKey(ownerFields(owner)), 'base64url'), hasConnections };
  }

  /**
   * Returns the scopes to request: those of the challenge, else those of the server's metadata, plus those that the user granted before.
   * Without the earlier scopes, consent to a further scope would lose them. `offline_access` is added if the authorization server supports
   * it, to get a refresh token. If an operator has set scopes, they are requested instead, and others only for a further scope. Some presets
   * add `offline_access` in every case.
   */
  private async scopesToAsk(
    owner: ConnectionOwner,
    { url, vendor }: ProtectedServer,
    { metadata, scopes }: AuthorizationTarget,
    challenge: BearerChallenge | undefined,
  ): Promise<string[]> {
    const held = (await this.vault.get(owner))?.tokens;
    const isSame = held !== undefined && areFor(held, url) && held.issuer?.issuer === metadata.issuer;
    const granted = isSame ? held.scopes : [];
    const always = vendor?.offlineAccess ? [OFFLINE] : [];
    if (vendor?.scopes) {
      const further = challenge?.error === 'insufficient_scope' ? [...granted, ...challenge.scopes] : [];
      return uniqueScopes([...vendor.scopes, ...further, ...always]);
    }
    const wanted = challenge?.scopes.length ? challenge.scopes : scopes;
    const offline = (metadata.scopes_supported ?? []).filter((scope) => scope === OFFLINE);
    return uniqueScopes([...granted, ...wanted, ...offline, ...always]);
  }
}

/** Returns the parameters that an operator has set. None of them takes the place of one that the gateway sets itself, except `prompt`. */
const freeParameters = ({ authorizationParameters = {} }: VendorSettings = {}) =>
  Object.fromEntries(Object.entries(authorizationParameters).filter(([name]) => isFreeParameter(name)));

function withParameters(endpoint: string, parameters: Readonly<Record<string, string | undefined>>): URL {
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
}
