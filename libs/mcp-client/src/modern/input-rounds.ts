import { isObject, untilAborted } from '@manifold/async';
import { ProviderError, type RequestableClient, type ServerRequest } from '@manifold/tool-provider';
import type { RawObject, RequestOptions } from '../protocol/upstream-connection.js';

const MAX_ROUNDS = 16;
const MAX_REQUESTS = 16;

/** The parameters that are added when a request is repeated. */
type Reply = { readonly inputResponses: RawObject; readonly requestState?: unknown };

/**
 * Sends a request to a modern server. If the result asks for input, the client is asked and the request is sent again with
 * the answers (2026-07-28, basic/patterns/mrtr). All input requests of one result are sent to the client at once, under the
 * names that the server gave them.
 *
 * @param send sends the request, with the answers of the last round
 * @throws ProviderError when there is no client to ask, when the client refuses, or when the server asks more than `MAX_ROUNDS` times
 */
export async function withAnswers(
  send: (reply: Reply | undefined) => Promise<RawObject>,
  { client, signal }: Pick<RequestOptions, 'client' | 'signal'>,
): Promise<RawObject> {
  let result = await send(undefined);
  for (let round = 0; result.resultType === 'input_required'; round += 1) {
    if (round === MAX_ROUNDS)
      throw new ProviderError('upstream_rejected', `The server asked more than ${MAX_ROUNDS} times`);
    const { inputRequests = {}, requestState } = result;
    const inputResponses = await untilAborted(answersTo(requestsOf(inputRequests), client), signal);
    result = await send({ inputResponses, ...(requestState !== undefined && { requestState }) });
  }
  return withoutCompletion(result);
}

async function answersTo(
  requests: Readonly<Record<string, ServerRequest>>,
  client: RequestableClient | undefined,
): Promise<Readonly<Record<string, RawObject>>> {
  if (Object.keys(requests).length === 0) return {};
  if (!client)
    throw new ProviderError(
      'upstream_rejected',
      'The server sent a request for the client, but the call has no client that can answer',
    );
  return client.request(requests);
}

function requestsOf(inputRequests: unknown): Readonly<Record<string, ServerRequest>> {
  const isWellFormed =
    isObject(inputRequests) &&
    Object.keys(inputRequests).length <= MAX_REQUESTS &&
    Object.values(inputRequests).every(
      (asked) =>
        isObject(asked) && typeof asked.method === 'string' && (asked.params === undefined || isObject(asked.params)),
    );
  if (!isWellFormed)
    throw new ProviderError('upstream_rejected', 'The server sent a request that does not follow the protocol');
  return inputRequests as Readonly<Record<string, ServerRequest>>;
}

/**
 * Removes `resultType` from a complete result, because the answer to the caller is written in the caller's era. Unknown
 * result types are passed on.
 */
function withoutCompletion(result: RawObject): RawObject {
  if (result.resultType !== 'complete') return result;
  const rest: Record<string, unknown> = { ...result };
  delete rest.resultType;
  return rest;
}
