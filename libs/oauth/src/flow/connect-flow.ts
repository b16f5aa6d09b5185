import { Injectable } from '@nestjs/common';
import { AuthorizationResponseError, validateAuthResponse } from 'oauth4webapi';
import { AuthorizationRequests } from './authorization-requests.js';
import type { BearerChallenge } from '../protocol/bearer-challenge.js';
import { ClientRegistration } from '../clients/client-registration.js';
import type { ConnectionOwner } from '../tokens/connection-owner.js';
import type { ConnectionTokens } from '../tokens/connection-tokens.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import { PendingAuthorizations, type PendingFlow } from './pending-authorizations.js';
import type { ProtectedServer } from '../protocol/protected-server.js';
import { accessDenied } from '../protocol/vendor-error.js';
import { GrantRefusedError, isAboutClient } from '../tokens/grant-refused-error.js';
import { TokenRequests } from '../tokens/token-request.js';
import { TokenVault } from '../tokens/token-vault.js';

export interface StartOptions {
  /** Challenge with which the server refused a call. */
  readonly challenge?: BearerChallenge;
  /** The `Cookie` header of the browser's request. */
  readonly cookies?: string;
  readonly signal?: AbortSignal;
}

/** Redirect to the authorization server, with the cookie for the browser. */
export interface AuthorizationRedirect {
  readonly authorizationUrl: string;
  readonly setCookie: string;
}

/** Query parameters of the callback. */
export interface Callback {
  readonly state?: string;
  readonly code?: string;
  readonly iss?: string;
  readonly error?: string;
  readonly error_description?: string;
}

export interface Connected {
  readonly owner: ConnectionOwner;
  /** Granted scopes. */
  readonly scopes: readonly string[];
}

const KIND = 'code flow';

/**
 * Connects a user to a server with the authorization code flow and PKCE.
 *
 * 1. `start`, in the user's browser: discovery, client registration, and the URL to which the browser is sent.
 * 2. The user consents at the authorization server.
 * 3. `finish`, when the browser returns to the gateway's callback: it exchanges the code for tokens and stores them in the vault.
 *
 * Errors: OAuthFlowError, those of the store, the reason of the signal.
 */
@Injectable()
export class ConnectFlow {
  constructor(
    private readonly authorizations: AuthorizationRequests,
    private readonly pending: PendingAuthorizations,
    private readonly requests: TokenRequests,
    private readonly registration: ClientRegistration,
    private readonly vault: TokenVault,
  ) {}

  async start(
    owner: ConnectionOwner,
    server: ProtectedServer,
    options: StartOptions = {},
  ): Promise<AuthorizationRedirect> {
    const { challenge, cookies, signal } = options;
    const { url, state, flow } = await this.authorizations.prepare(owner, server, challenge, signal);
    return {
      authorizationUrl: url.href,
      setCookie: await this.pending.add(KIND, state, { owner, flow }, cookies),
    };
  }

  /** @param cookies the `Cookie` header of the browser's request */
  async finish(callback: Callback, cookies: string | undefined): Promise<Connected> {
    const { state = '', error } = callback;
    const { owner, flow } = await this.pending.take<PendingFlow>(KIND, state, cookies);
    const code = codeIn(callback, flow);
    if (code === undefined) {
      await this.note(owner, flow, isAboutClient(error) ? 'forget' : 'answered');
      throw accessDenied(callback, { state, clientSecret: flow.client.clientSecret });
    }
    const tokens = await this.redeem(owner, flow, code);
    await this.vault.put(owner, tokens);
    await this.note(owner, flow, 'answered');
    return { owner, scopes: tokens.scopes };
  }

  private async redeem(owner: ConnectionOwner, flow: PendingFlow, code: string): Promise<ConnectionTokens> {
    const { codeVerifier, client } = flow;
    const grant = {
      grant_type: 'authorization_code',
      code,
      code_verifier: codeVerifier,
      redirect_uri: client.redirectUri,
    };
    try {
      return await this.requests.send({ ...flow, grant });
    } catch (cause) {
      if (!(cause instanceof GrantRefusedError)) throw cause;
      if (isAboutClient(cause.error)) await this.note(owner, flow, 'forget');
      const message = `The authorization server refused its own authorization code: ${cause.error}`;
      throw new OAuthFlowError('exchange_refused', message, { cause });
    }
  }

  /** Notes what the answer says about the client of the gateway. */
  private note({ principal, server }: ConnectionOwner, { client }: PendingFlow, what: 'answered' | 'forget') {
    return this.registration[what](principal.tenant, server, client.clientId);
  }
}

/**
 * Returns the code of the callback, if it has one. The issuer is checked first, which prevents the mix-up attack: one authorization server
 * sends back a code that another one issued, so that it is redeemed at the wrong place (RFC 9207, 2.4).
 * @throws OAuthFlowError `issuer_mismatch`
 */
function codeIn(callback: Callback, flow: PendingFlow): string | undefined {
  const { iss, state } = callback;
  const { issuer, issuerAliases = [], namesItself, client } = flow;
  const server = {
    issuer: iss !== undefined && issuerAliases.includes(iss) ? iss : issuer.issuer,
    authorization_response_iss_parameter_supported: namesItself,
  };
  const parameters = new URLSearchParams(Object.entries(callback).filter(([, value]) => value !== undefined));
  try {
    return validateAuthResponse(server, { client_id: client.clientId }, parameters, state).get('code') || undefined;
  } catch (error) {
    if (error instanceof AuthorizationResponseError) return undefined;
    // The error of the library is no cause: it contains the code.
    throw new OAuthFlowError(
      'issuer_mismatch',
      'The answer comes from another authorization server than the one that the gateway asked',
    );
  }
}
