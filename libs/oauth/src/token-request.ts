import { Injectable } from '@nestjs/common';
import { selectClientAuthMethod } from '@modelcontextprotocol/sdk/client/auth.js';
import {
  OAuthErrorResponseSchema,
  OAuthTokensSchema,
  type OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { uniqueScopes } from './bearer-challenge.js';
import type { ConnectionTokens, TokenIssuer } from './connection-tokens.js';
import { OAuthFault } from './oauth-fault.js';
import { OAuthHttp } from './oauth-http.js';
import { OAuthLimits } from './oauth-limits.js';
import type { ClientCredentials } from './protected-server.js';

export interface TokenRequest {
  readonly issuer: TokenIssuer;
  readonly client: ClientCredentials;
  readonly resource: string;
  /** `grant_type` and what belongs to it. */
  readonly grant: Readonly<Record<string, string>>;
  /** What the answer is about where it does not say so (RFC 6749, 5.1). */
  readonly scopes: readonly string[];
}

/** The authorization server does not take the grant, for good. */
export class GrantRefused extends Error {
  /** @param error its error code (RFC 6749, 5.2) */
  constructor(readonly error: string) {
    super(`The authorization server refuses: ${error}`);
    this.name = 'GrantRefused';
  }

  /** Whether it is the gateway that it no longer knows. */
  get isAboutClient(): boolean {
    return this.error === 'invalid_client' || this.error === 'unauthorized_client';
  }
}

/** Error codes with which an authorization server says that it has trouble of its own. */
const TEMPORARY = ['server_error', 'temporarily_unavailable', 'slow_down'];
/** Visible characters: what goes into a header must not end it (threat 20). */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;
const ERROR_CODE = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

/** Requests to token endpoints (RFC 6749, 3.2). Its own, since the SDK's puts whole answers into its messages. */
@Injectable()
export class TokenRequests {
  constructor(
    private readonly http: OAuthHttp,
    private readonly limits: OAuthLimits,
  ) {}

  /** @throws GrantRefused; OAuthFault `unavailable` and `metadata_refused` */
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

/** RFC 6749, 2.3.1. */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

/** Some servers refuse with status 200: the body decides. */
function checkedTokens(response: Response, body: unknown): OAuthTokens {
  const tokens = OAuthTokensSchema.safeParse(body);
  if (response.ok && tokens.success) {
    const { access_token, refresh_token = 'none', token_type } = tokens.data;
    if (token_type.toLowerCase() === 'bearer' && TOKEN.test(access_token) && TOKEN.test(refresh_token)) {
      return tokens.data;
    }
    throw new OAuthFault('unavailable', 'The authorization server issued tokens that are no Bearer tokens');
  }
  const refusal = OAuthErrorResponseSchema.safeParse(body);
  if (response.status < 500 && response.status !== 429 && refusal.success && !TEMPORARY.includes(refusal.data.error)) {
    throw new GrantRefused(ERROR_CODE.test(refusal.data.error) ? refusal.data.error : 'unknown error');
  }
  throw new OAuthFault('unavailable', `The token endpoint answered HTTP ${response.status} without tokens`);
}

const LONGEST_LIFE_SECONDS = 366 * 86_400;

/** From the moment of the request: the answer may have been long under way. */
function expiryOf(seconds: number | undefined, sentAt: number): number | undefined {
  if (seconds === undefined || !(seconds > 0)) return undefined;
  return sentAt + Math.min(seconds, LONGEST_LIFE_SECONDS) * 1000;
}
