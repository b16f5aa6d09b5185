import { Injectable } from '@nestjs/common';
import { selectClientAuthMethod } from '@modelcontextprotocol/sdk/client/auth.js';
import type { ConnectionTokens, TokenIssuer } from './connection-tokens.js';
import { GrantRefusedError } from './grant-refused-error.js';
import { tokenAnswer, type TokenAnswer } from './token-answer.js';
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
  readonly grant: Readonly<Record<string, string>>;
  /** Scopes that apply if the response names none (RFC 6749, 5.1). */
  readonly scopes: readonly string[];
}

/** Sends requests to token endpoints (RFC 6749, 3.2). The SDK's function is not used, because its messages contain whole responses. */
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
      accessToken: answer.accessToken,
      refreshToken: answer.refreshToken ?? grant.refresh_token,
      issuedAt: sentAt,
      expiresAt: expiryOf(answer.expiresIn, sentAt),
      scopes: answer.scopes ?? scopes,
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

  private async post({ issuer, client, grant }: TokenRequest, resource: string | null): Promise<TokenAnswer> {
    const form = new URLSearchParams({ ...grant, ...(resource !== null && { resource }) });
    const headers = new Headers({ accept: 'application/json' });
    authenticate(client, issuer.authMethods ?? [], headers, form);
    const timeoutMs = this.limits.tokenMs;
    const response = await this.http.fetch(issuer.tokenEndpoint, { method: 'POST', headers, body: form, timeoutMs });
    const { code, code_verifier: verifier, refresh_token: refreshToken } = grant;
    const secrets = { code, verifier, refreshToken, clientSecret: client.clientSecret };
    return tokenAnswer(response, await response.text(), secrets);
  }
}

function methodOf({ clientId, clientSecret, authMethod }: ClientCredentials, supported: readonly string[]) {
  const information = { client_id: clientId, client_secret: clientSecret, token_endpoint_auth_method: authMethod };
  return selectClientAuthMethod(information as { client_id: string }, [...supported]);
}

/** Returns whether the gateway uses HTTP Basic without knowing which methods the authorization server supports. */
function guessesBasic({ client, issuer }: TokenRequest): boolean {
  const { authMethods = [] } = issuer;
  const isUnknown = authMethods.length === 0 && client.clientSecret !== undefined;
  return isUnknown && methodOf(client, authMethods) === 'client_secret_basic';
}

function authenticate(
  client: ClientCredentials,
  supported: readonly string[],
  headers: Headers,
  form: URLSearchParams,
) {
  const { clientId, clientSecret } = client;
  const method = methodOf(client, supported);
  if (method === 'client_secret_basic' && clientSecret !== undefined) {
    const credentials = [clientId, clientSecret].map(formEncoded).join(':');
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
    return;
  }
  form.set('client_id', clientId);
  if (method === 'client_secret_post' && clientSecret !== undefined) form.set('client_secret', clientSecret);
}

/** Encodes client credentials as RFC 6749, 2.3.1 requires. */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

const LONGEST_LIFE_SECONDS = 366 * 86_400;

/** Returns the expiry in epoch milliseconds. It counts from the time of the request, because the response may have taken long. */
function expiryOf(seconds: number | undefined, sentAt: number): number | undefined {
  if (seconds === undefined || !(seconds > 0)) return undefined;
  return sentAt + Math.min(seconds, LONGEST_LIFE_SECONDS) * 1000;
}
