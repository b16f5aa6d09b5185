import { Injectable } from '@nestjs/common';
import { selectClientAuthMethod } from '@modelcontextprotocol/sdk/client/auth.js';
import {
  OAuthErrorResponseSchema,
  OAuthTokensSchema,
  type OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { uniqueScopes } from '../protocol/bearer-challenge.js';
import type { ConnectionTokens, TokenIssuer } from './connection-tokens.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import { OAuthHttp } from '../protocol/oauth-http.js';
import { OAuthLimits } from '../protocol/oauth-limits.js';
import type { ClientCredentials } from '../protocol/protected-server.js';

export interface TokenRequest {
  readonly issuer: TokenIssuer;
  readonly client: ClientCredentials;
  readonly resource: string;
  /** `grant_type` and its parameters. */
  readonly grant: Readonly<Record<string, string>>;
  /** Scopes that apply if the response names none (RFC 6749, 5.1). */
  readonly scopes: readonly string[];
}

/** Error for a grant that the authorization server permanently refuses. */
export class GrantRefusedError extends Error {
  /** @param error error code of the response (RFC 6749, 5.2) */
  constructor(readonly error: string) {
    super(`The authorization server refused the request: ${error}`);
    this.name = 'GrantRefusedError';
  }

  /** Returns whether the authorization server no longer accepts the gateway as a client. */
  get isAboutClient(): boolean {
    return this.error === 'invalid_client' || this.error === 'unauthorized_client';
  }
}

/** Error codes of temporary failures of an authorization server. */
const TEMPORARY = ['server_error', 'temporarily_unavailable', 'slow_down'];
/** Visible characters only: a token must not break out of the header that contains it (threat 20). */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;
const ERROR_CODE = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

/** Sends requests to token endpoints (RFC 6749, 3.2). The SDK's function is not used, because its messages contain whole responses. */
@Injectable()
export class TokenRequests {
  constructor(
    private readonly http: OAuthHttp,
    private readonly limits: OAuthLimits,
  ) {}

  /** @throws GrantRefusedError; OAuthFlowError `unavailable` and `metadata_refused` */
  async send(request: TokenRequest): Promise<ConnectionTokens> {
    const { issuer, client, resource, grant, scopes } = request;
    const form = new URLSearchParams({ ...grant, resource });
    const headers = new Headers({ accept: 'application/json' });
    authenticate(client, issuer.authMethods ?? [], headers, form);
    const sentAt = Date.now();
    const timeoutMs = this.limits.tokenMs;
    const response = await this.http.fetch(issuer.tokenEndpoint, { method: 'POST', headers, body: form, timeoutMs });
    const answer = checkedTokens(response, await response.json().catch(() => undefined));
    return {
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token ?? grant.refresh_token,
      issuedAt: sentAt,
      expiresAt: expiryOf(answer.expires_in, sentAt),
      scopes: answer.scope === undefined ? scopes : uniqueScopes(answer.scope.split(' ')),
      resource,
      issuer,
      client,
    };
  }
}

function authenticate(
  client: ClientCredentials,
  supported: readonly string[],
  headers: Headers,
  form: URLSearchParams,
) {
  const { clientId, clientSecret, authMethod } = client;
  const information = { client_id: clientId, client_secret: clientSecret, token_endpoint_auth_method: authMethod };
  const method = selectClientAuthMethod(information as { client_id: string }, [...supported]);
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

/** Validates the response. The body decides, because some servers refuse with status 200. */
function checkedTokens(response: Response, body: unknown): OAuthTokens {
  const tokens = OAuthTokensSchema.safeParse(body);
  if (response.ok && tokens.success) {
    const { access_token, refresh_token = 'none', token_type } = tokens.data;
    if (token_type.toLowerCase() === 'bearer' && TOKEN.test(access_token) && TOKEN.test(refresh_token)) {
      return tokens.data;
    }
    throw new OAuthFlowError('unavailable', 'The authorization server issued tokens that are not Bearer tokens');
  }
  const refusal = OAuthErrorResponseSchema.safeParse(body);
  if (response.status < 500 && response.status !== 429 && refusal.success && !TEMPORARY.includes(refusal.data.error)) {
    throw new GrantRefusedError(ERROR_CODE.test(refusal.data.error) ? refusal.data.error : 'unknown error');
  }
  throw new OAuthFlowError('unavailable', `The token endpoint answered HTTP ${response.status} without tokens`);
}

const LONGEST_LIFE_SECONDS = 366 * 86_400;

/** Returns the expiry in epoch milliseconds. It counts from the time of the request, because the response may have taken long. */
function expiryOf(seconds: number | undefined, sentAt: number): number | undefined {
  if (seconds === undefined || !(seconds > 0)) return undefined;
  return sentAt + Math.min(seconds, LONGEST_LIFE_SECONDS) * 1000;
}
