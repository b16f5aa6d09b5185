import {
  processGenericTokenEndpointResponse,
  type AuthorizationServer,
  type Client,
  type TokenEndpointResponse,
} from 'oauth4webapi';
import { isObject } from '@manifold/async';
import { jsonObject, numberOf, textOf, wordsOf, type JsonObject } from '../protocol/lenient-json.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import { saidBy, shownCode } from '../protocol/vendor-error.js';
import { GrantRefusedError } from './grant-refused-error.js';

/** Error codes of temporary failures of an authorization server. */
const TEMPORARY = [
  'server_error',
  'temporarily_unavailable',
  'slow_down',
  // Slack names these with status 200.
  'fatal_error',
  'internal_error',
  'ratelimited',
  'request_timeout',
  'service_unavailable',
];
/**
 * Refusals that some servers name in another member than `error`, or in other letters. Other words there, such as `error` or a number, say
 * nothing about the grant.
 */
const REFUSALS = [
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
  // HubSpot
  'bad_auth_code',
  'bad_client_id',
  'bad_client_secret',
  'bad_refresh_token',
];
/** Visible characters only: a token must not break out of the header that contains it (threat 20). */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;
/** `user` and `bot` are Bearer tokens of Slack, which names them after whom they speak for. */
const BEARER = /^(bearer.*|user|bot|access_token)$/i;

/**
 * Reads the answer of a token endpoint. The body decides, because some servers refuse with status 200, and some answer with a form instead
 * of JSON. The library reads tokens, after they were mended. It does not read refusals: it finds those with status 4xx and the text `error`
 * alone, and none beside a challenge in the header.
 * @param secrets name → value of what a description of a refusal must not repeat
 * @throws GrantRefusedError; OAuthFlowError `unavailable`
 */
export async function tokenAnswer(
  server: AuthorizationServer,
  client: Client,
  response: Response,
  secrets: Readonly<Record<string, string | undefined>> = {},
): Promise<TokenEndpointResponse> {
  const { ok, status } = response;
  const text = await response.text();
  const body = jsonObject(text) ?? formObject(text);
  const mended = body && ok ? mendedTokens(body) : undefined;
  if (mended) return bearerTokens(server, client, mended);
  const error = textOf(body?.error) ?? (body && (status === 400 || status === 401) ? refusalIn(body) : undefined);
  const said = saidBy(body?.error_description, secrets);
  if (status < 500 && status !== 429 && error !== undefined && !TEMPORARY.includes(error)) {
    throw new GrantRefusedError(shownCode(error) ?? 'unknown error', said);
  }
  const answered = shownCode(error) === undefined ? `HTTP ${status}` : `HTTP ${status} (${error})`;
  throw new OAuthFlowError('unavailable', `The token endpoint answered ${answered} without tokens`, { cause: said });
}

/** Returns the refusal that a body names elsewhere than in the text `error`. */
function refusalIn(body: JsonObject): string | undefined {
  const inside = isObject(body.error) ? body.error : {};
  const named = [inside.code, inside.type, body.code, body.status].flatMap(
    (value) => textOf(value)?.toLowerCase() ?? [],
  );
  return named.find((code) => REFUSALS.includes(code));
}

function formObject(text: string): JsonObject | undefined {
  const form = Object.fromEntries(new URLSearchParams(text.trim()));
  return form.access_token !== undefined || form.error !== undefined ? form : undefined;
}

/**
 * Mends tokens until the library takes them. Servers leave out the type or have other names for Bearer tokens, write null for what is
 * missing, text for numbers, and lists or commas in scopes. Slack puts the token of a user into a member of its own. The ID token is left
 * out: it is not used, and one that the library cannot verify would end the exchange.
 * @returns undefined if there is no access token
 */
function mendedTokens(body: JsonObject): JsonObject | undefined {
  const { authed_user: user } = body;
  const tokens = textOf(body.access_token) === undefined && isObject(user) ? user : body;
  const accessToken = textOf(tokens.access_token);
  if (accessToken === undefined) return undefined;
  const type = textOf(tokens.token_type) ?? 'bearer';
  const lifetime = numberOf(tokens.expires_in) ?? -1;
  return {
    access_token: accessToken,
    token_type: BEARER.test(type) ? 'bearer' : type,
    refresh_token: textOf(tokens.refresh_token),
    expires_in: lifetime < 0 ? undefined : lifetime,
    scope: mendedScope(tokens.scope),
  };
}

function mendedScope(scope: unknown): string | undefined {
  if (scope === '') return scope;
  const isList = typeof scope === 'string' && scope.includes(',') && !scope.includes(' ');
  return isList ? scope.replaceAll(',', ' ') : wordsOf(scope)?.join(' ');
}

async function bearerTokens(server: AuthorizationServer, client: Client, mended: JsonObject) {
  // The error of the library is no cause: it contains the tokens.
  const tokens = await processGenericTokenEndpointResponse(server, client, Response.json(mended)).catch(
    () => undefined,
  );
  const isUsable =
    tokens?.token_type === 'bearer' &&
    [tokens.access_token, tokens.refresh_token ?? 'none'].every((token) => TOKEN.test(token));
  if (isUsable) return tokens;
  throw new OAuthFlowError('unavailable', 'The authorization server issued tokens that are not Bearer tokens');
}
