import { isObject } from '@manifold/async';
import {
  EFFECT_UNKNOWN,
  parseJson,
  type ApiAnswer,
  ProviderError,
  type ProviderErrorCode,
} from '@manifold/tool-provider';

const MAX_MESSAGE = 1_000;
/** Paragon's message if the user has not connected the integration. Status and code vary, but this text is constant. */
const NOT_ENABLED = 'Integration not enabled for user';

/** Turns an error response into a ProviderError: with a code for the gateway and the text of the specification for the model. */
export function upstreamError(refusal: ApiAnswer): ProviderError {
  const { status, retryAfter } = refusal;
  const said = messageOf(refusal);
  if (said.includes(NOT_ENABLED)) return new ProviderError('not_connected', said);
  const advice = adviceFor(refusal);
  const modelText = JSON.stringify({ error: `HTTP error; status: ${status}; message: ${said}${advice}` });
  return new ProviderError(codeOf(status), `Paragon answered HTTP ${status}: ${said}`, { retryAfter, modelText });
}

function codeOf(status: number): ProviderErrorCode {
  if (status === 401) return 'reauth_required';
  if (status === 403) return 'permission_denied';
  if (status === 429) return 'rate_limited';
  return status >= 500 || status === 408 ? 'upstream_unavailable' : 'upstream_rejected';
}

function adviceFor({ status, retryAfter }: ApiAnswer): string {
  if (status === 429 && retryAfter !== undefined) return `. Try again in ${retryAfter} seconds.`;
  if (status === 429) return '. Wait before you try again.';
  return status >= 500 ? `. ${EFFECT_UNKNOWN}` : '';
}

/** Returns the `message` of a JSON body. Other bodies (such as the HTML page of a load balancer) are not passed on. */
function messageOf({ text, status }: ApiAnswer): string {
  const body = parseJson(text);
  const message = isObject(body) ? body.message : undefined;
  if (typeof message === 'string' && message !== '') return message.slice(0, MAX_MESSAGE);
  return status >= 500 ? 'the service reported an error' : 'the request was refused';
}
