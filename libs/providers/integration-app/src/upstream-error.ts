import { EFFECT_UNKNOWN, isObject, parseJson, type ApiAnswer } from '@manifold/backend-api';
import { ProviderError, type ProviderErrorCode } from '@manifold/tool-provider';

const MAX_MESSAGE = 1_000;
const MAX_WORD = 100;

interface ErrorBody {
  readonly message: string;
  /** Families of errors: `bad_request`, `connection`, `action_run` and others. */
  readonly type?: string;
  readonly key?: string;
}

/**
 * What is wrong where the answer is no success: for the code that acts on it; and in words, with status and type, for the model.
 * @param app name of the integration that was used, for people
 */
export function upstreamError(refusal: ApiAnswer, app = 'the integration'): ProviderError {
  const { status, retryAfter } = refusal;
  const body = bodyOf(refusal);
  const code = codeOf(status, body);
  const kind = [`HTTP ${status}`, body.type, body.key].filter((word) => word !== undefined).join(', ');
  const message = `${body.message} (${kind})${reconnectAdvice(code, body, app)}`;
  const modelText = code === 'upstream_unavailable' ? `${message}. ${EFFECT_UNKNOWN}` : undefined;
  return new ProviderError(code, message, { retryAfter, modelText });
}

/** Statuses vary where the type is known (400 is the default), so the type and the key come first. */
function codeOf(status: number, { type, key }: ErrorBody): ProviderErrorCode {
  if (status === 429 || key === 'rate_limit_exceeded' || type === 'concurrency') return 'rate_limited';
  if (type === 'connection') return key === 'access_token_expired' ? 'reauth_required' : 'not_connected';
  if (status === 401) return 'reauth_required';
  if (status === 403) return 'permission_denied';
  return status >= 500 || status === 408 || type === 'internal' ? 'upstream_unavailable' : 'upstream_rejected';
}

function reconnectAdvice(code: ProviderErrorCode, { type }: ErrorBody, app: string): string {
  if (code !== 'reauth_required' && code !== 'not_connected') return '';
  if (type === 'connection') return `. The user has to reconnect ${app} before this can work.`;
  return '. Integration.app does not accept the access token: the user has to sign in again.';
}

/** Bodies that are not in the form of the API, an HTML page of a load balancer for one, help nobody. */
function bodyOf({ text, status }: ApiAnswer): ErrorBody {
  const body = parseJson(text);
  const { message, type, key } = isObject(body) ? body : {};
  const words = textOf(message, MAX_MESSAGE)?.replace(/\.$/, '');
  const otherwise = status >= 500 ? 'Integration.app has a fault' : 'Integration.app refused the request';
  return { message: words ?? otherwise, type: textOf(type, MAX_WORD), key: textOf(key, MAX_WORD) };
}

const textOf = (value: unknown, most: number): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, most) : undefined;
