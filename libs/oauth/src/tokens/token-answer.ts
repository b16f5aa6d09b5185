import { isObject } from '@manifold/async';
import { uniqueScopes } from '../protocol/bearer-challenge.js';
import { jsonObject, numberOf, textOf, wordsOf, type JsonObject } from '../protocol/lenient-json.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import { saidBy, shownCode } from '../protocol/vendor-error.js';
import { GrantRefusedError } from './grant-refused-error.js';

/** Answer of a token endpoint (RFC 6749, 5.1). A member that it leaves out is undefined. */
export interface TokenAnswer {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Seconds. */
  readonly expiresIn?: number;
  readonly scopes?: readonly string[];
}

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
 * of JSON. Only the access token is needed: other members may be missing, null or of another type.
 * @param secrets name → value of what a description of a refusal must not repeat
 * @throws GrantRefusedError; OAuthFlowError `unavailable`
 */
export function tokenAnswer(
  { ok, status }: Pick<Response, 'ok' | 'status'>,
  text: string,
  secrets: Readonly<Record<string, string | undefined>> = {},
): TokenAnswer {
  const body = jsonObject(text) ?? formObject(text);
  const issued = body && ok ? issuedIn(body) : undefined;
  if (issued) return issued;
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

/** Slack puts the token of a user into a member of its own. */
function issuedIn(body: JsonObject): TokenAnswer | undefined {
  const { authed_user: user } = body;
  const tokens = textOf(body.access_token) === undefined && isObject(user) ? user : body;
  const accessToken = textOf(tokens.access_token);
  if (accessToken === undefined) return undefined;
  const refreshToken = textOf(tokens.refresh_token);
  const type = textOf(tokens.token_type) ?? 'bearer';
  if (!BEARER.test(type) || !TOKEN.test(accessToken) || !TOKEN.test(refreshToken ?? 'none')) {
    throw new OAuthFlowError('unavailable', 'The authorization server issued tokens that are not Bearer tokens');
  }
  return { accessToken, refreshToken, expiresIn: numberOf(tokens.expires_in), scopes: scopesIn(tokens.scope) };
}

/** Some servers separate scopes by commas instead of spaces. */
function scopesIn(scope: unknown): string[] | undefined {
  const isList = typeof scope === 'string' && scope.includes(',') && !scope.includes(' ');
  const scopes = isList ? scope.split(',') : scope === '' ? [] : wordsOf(scope);
  return scopes && uniqueScopes(scopes);
}
