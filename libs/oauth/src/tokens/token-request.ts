import { Injectable } from '@nestjs/common';
import { genericTokenEndpointRequest, type TokenEndpointResponse } from 'oauth4webapi';
import { scopesOf } from '../protocol/bearer-challenge.js';
import type { ConnectionTokens, TokenIssuer } from './connection-tokens.js';
import { GrantRefusedError } from './grant-refused-error.js';
import { tokenAnswer } from './token-answer.js';
import { authMethodOf, clientAuthentication } from '../protocol/client-authentication.js';
import { OAuthHttp } from '../protocol/oauth-http.js';
import { OAuthLimits } from '../protocol/oauth-limits.js';
import type { ClientCredentials } from '../protocol/protected-server.js';

export interface TokenRequest {
  readonly issuer: TokenIssuer;
  readonly client: ClientCredentials;
  readonly resource: string;
  /** See ConnectionTokens. */
  readonly indicator?: string | null;
  /** `grant_type` and its parameters. */
  readonly grant: Readonly<Record<string, string>> & { readonly grant_type: string };
  /** Scopes that apply if the response names none (RFC 6749, 5.1). */
  readonly scopes: readonly string[];
}

/** Sends requests to token endpoints (RFC 6749, 3.2). */
@Injectable()
export class TokenRequests {
  constructor(
    private readonly http: OAuthHttp,
    private readonly limits: OAuthLimits,
  ) {}

  /**
   * Sends the request. If the authorization server finds fault with it, it is sent once more without the parameter `resource`, which some
   * servers refuse. If it does not accept the client, and nothing says how the client must authenticate, it is sent once more with the
   * secret in the body. Such refusals use up neither the code nor the refresh token.
   * @throws GrantRefusedError; OAuthFlowError `unavailable` and `metadata_refused`
   */
  async send(request: TokenRequest): Promise<ConnectionTokens> {
    const { issuer, resource, indicator, grant, scopes } = request;
    const sentAt = Date.now();
    const named = indicator === undefined ? resource : indicator;
    const { answer, accepted, client } = await this.authenticated(request, named);
    return {
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token ?? grant.refresh_token,
      issuedAt: sentAt,
      expiresAt: expiryOf(answer.expires_in, sentAt),
      scopes: answer.scope === undefined ? scopes : scopesOf(answer.scope),
      resource,
      indicator: accepted === named ? indicator : accepted,
      issuer,
      client,
    };
  }

  /** @returns the answer with the client, whose method of authentication was accepted */
  private async authenticated(request: TokenRequest, named: string | null) {
    const { client } = request;
    try {
      return { ...(await this.answerTo(request, named)), client };
    } catch (error) {
      if (!(error instanceof GrantRefusedError) || error.error !== 'invalid_client' || !guessesBasic(request)) {
        throw error;
      }
      const other = { ...client, authMethod: 'client_secret_post' };
      const answered = await this.answerTo({ ...request, client: other }, named).catch((second: unknown) => {
        // A server may find the other method itself at fault. Then the first refusal counts.
        throw second instanceof GrantRefusedError && second.isAboutRequest ? error : second;
      });
      return { ...answered, client: other };
    }
  }

  /** @returns the answer with the resource that the accepted request named */
  private async answerTo(request: TokenRequest, named: string | null) {
    try {
      return { answer: await this.post(request, named), accepted: named };
    } catch (error) {
      if (named === null || !(error instanceof GrantRefusedError) || !error.isAboutRequest) throw error;
      return { answer: await this.post(request, null), accepted: null };
    }
  }

  private async post({ issuer, client, grant }: TokenRequest, resource: string | null): Promise<TokenEndpointResponse> {
    const server = { issuer: issuer.issuer, token_endpoint: issuer.tokenEndpoint };
    const own = { client_id: client.clientId };
    const response = await genericTokenEndpointRequest(
      server,
      own,
      clientAuthentication(client, issuer.authMethods),
      grant.grant_type,
      { ...grant, ...(resource !== null && { resource }) },
      this.http.options<URLSearchParams>({ timeoutMs: this.limits.tokenMs }),
    );
    const { code, code_verifier: verifier, refresh_token: refreshToken } = grant;
    return tokenAnswer(server, own, response, { code, verifier, refreshToken, clientSecret: client.clientSecret });
  }
}

/** Returns whether the gateway uses HTTP Basic without knowing which methods the authorization server supports. */
function guessesBasic({ client, issuer }: TokenRequest): boolean {
  const { authMethods = [] } = issuer;
  return authMethods.length === 0 && authMethodOf(client) === 'client_secret_basic';
}

const LONGEST_LIFE_SECONDS = 366 * 86_400;

/** Returns the expiry in epoch milliseconds. It counts from the time of the request, because the response may have taken long. */
function expiryOf(seconds: number | undefined, sentAt: number): number | undefined {
  if (seconds === undefined || !(seconds > 0)) return undefined;
  return sentAt + Math.min(seconds, LONGEST_LIFE_SECONDS) * 1000;
}
