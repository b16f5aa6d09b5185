import { isObject } from '@manifold/async';
import {
  EFFECT_UNKNOWN,
  parseJson,
  type ApiAnswer,
  ProviderError,
  type ProviderErrorCode,
} from '@manifold/tool-provider';

const MAX_MESSAGE = 1_000;
const MAX_WORD = 100;

interface ErrorBody {
  readonly message: string;
  /** The error type: `bad_request`, `connection`, `action_run` and others. */
  readonly type?: string;
  readonly key?: string;
}

/**
 * Turns an error response into a ProviderError: with a code for the gateway, and with a message for the model that has status and type.
 * @param app display name of the integration
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

/** Chooses the error code. Type and key come first, because the status varies for a given type (400 is the default). */
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

/** Reads an error body. A body in another form (such as the HTML page of a load balancer) is replaced with a general message. */
function bodyOf({ text, status }: ApiAnswer): ErrorBody {
  const body = parseJson(text);
  const { message, type, key } = isObject(body) ? body : {};
  const words = textOf(message, MAX_MESSAGE)?.replace(/\.$/, '');
  const otherwise = status >= 500 ? 'Integration.app reported an error' : 'Integration.app refused the request';
  return { message: words ?? otherwise, type: textOf(type, MAX_WORD), key: textOf(key, MAX_WORD) };
}

const textOf = (value: unknown, most: number): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, most) : undefined;
