import { Injectable } from '@nestjs/common';
import { startAuthorization } from '@modelcontextprotocol/sdk/client/auth.js';
import { uniqueScopes, type BearerChallenge } from './bearer-challenge.js';
import { ClientRegistration } from './client-registration.js';
import type { ConnectionOwner } from './connection-owner.js';
import { areFor, tokenIssuerOf, type ConnectionTokens } from './connection-tokens.js';
import { Discovery } from './discovery.js';
import { ManualClients } from './manual-clients.js';
import { OAuthFault } from './oauth-fault.js';
import { PendingAuthorizations, type PendingFlow } from './pending-authorizations.js';
import type { AuthorizationTarget, ProtectedServer } from './protected-server.js';
import { GrantRefused, TokenRequests } from './token-request.js';
import { TokenVault } from './token-vault.js';

export interface StartOptions {
  /** What the server said when it refused a call. */
  readonly challenge?: BearerChallenge;
  /** The `Cookie` header of the browser's request. */
  readonly cookies?: string;
  readonly signal?: AbortSignal;
}

/** What to answer the browser with. */
export interface Departure {
  readonly authorizationUrl: string;
  readonly setCookie: string;
}

/** The parameters with which the browser comes back. */
export interface Callback {
  readonly state?: string;
  readonly code?: string;
  readonly iss?: string;
  readonly error?: string;
}

export interface Connected {
  readonly owner: ConnectionOwner;
  /** As granted. */
  readonly scopes: readonly string[];
}

const KIND = 'code flow';

/**
 * Connects a user to a server: the authorization code flow with PKCE.
 *
 * 1. `start`, in the user's browser: discovery, registration, and the URL to send the browser to.
 * 2. The user consents there.
 * 3. `finish`, when the browser comes back to the gateway's callback: the code becomes tokens, the tokens go into the vault.
 *
 * Errors: OAuthFault, those of the store, the reason of the signal.
 */
@Injectable()
export class ConnectFlow {
  constructor(
    private readonly discovery: Discovery,
    private readonly registration: ClientRegistration,
    private readonly pending: PendingAuthorizations,
    private readonly requests: TokenRequests,
    private readonly vault: TokenVault,
    private readonly manual: ManualClients,
  ) {}

  async start(owner: ConnectionOwner, named: ProtectedServer, options: StartOptions = {}): Promise<Departure> {
    const { challenge, cookies, signal } = options;
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
    return {
      authorizationUrl: authorizationUrl.href,
      setCookie: await this.pending.add(KIND, state, { owner, flow }, cookies),
    };
  }

  /** @param cookies the `Cookie` header of the browser's request */
  async finish({ state = '', code, iss, error }: Callback, cookies: string | undefined): Promise<Connected> {
    const { owner, flow } = await this.pending.take<PendingFlow>(KIND, state, cookies);
    checkIssuer(flow, iss);
    if (error !== undefined || code === undefined) {
      throw new OAuthFault('authorization_denied', 'Access was not granted');
    }
    const tokens = await this.redeem(owner, flow, code);
    await this.vault.put(owner, tokens);
    return { owner, scopes: tokens.scopes };
  }

  private async redeem(owner: ConnectionOwner, flow: PendingFlow, code: string): Promise<ConnectionTokens> {
    const { codeVerifier, client, issuer } = flow;
    const grant = {
      grant_type: 'authorization_code',
      code,
      code_verifier: codeVerifier,
      redirect_uri: client.redirectUri,
    };
    try {
      return await this.requests.send({ ...flow, grant });
    } catch (cause) {
      if (!(cause instanceof GrantRefused)) throw cause;
      if (cause.isAboutClient) {
        const { tenant } = owner.principal;
        await this.registration.forget({ tenant, server: owner.server, issuer: issuer.issuer });
      }
      throw new OAuthFault('exchange_refused', 'The authorization server did not take its own answer', { cause });
    }
  }

  /**
   * What the challenge names, else what the server's metadata names, and what the user has granted before: consent that is asked for a
   * further scope must not cost the others. With a refresh token where that has to be asked for.
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

/**
 * The mix-up attack: an authorization server that one user trusts sends back what another one has issued, to be redeemed at the wrong
 * place (RFC 9207, 2.4).
 */
function checkIssuer({ issuer, namesItself }: PendingFlow, iss: string | undefined): void {
  if (iss === issuer.issuer || (iss === undefined && !namesItself)) return;
  throw new OAuthFault('issuer_mismatch', 'The answer comes from another authorization server than was asked');
}
