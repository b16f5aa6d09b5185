import { untilAborted } from '@manifold/cancellation';
import { ProviderError, type AskableClient, type Question } from '@manifold/tool-provider';
import { isObject } from './rpc-values.js';
import type { RawObject, RequestOptions } from './upstream-connection.js';

const MAX_ROUNDS = 16;
const MAX_QUESTIONS = 16;

/** What a request is repeated with. */
type Reply = { readonly inputResponses: RawObject; readonly requestState?: unknown };

/**
 * A request to a server of the modern era, which asks the client by its result and is then sent the request again with the answers
 * (2026-07-28, basic/patterns/mrtr). The client is asked everything that one result wants at once, under the names that the server gave.
 *
 * @param send sends the request, with what the last round has brought
 * @throws ProviderError when there is no client to ask, when the client refuses, or when the server asks for ever
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
    const inputResponses = await untilAborted(answersTo(questionsOf(inputRequests), client), signal);
    result = await send({ inputResponses, ...(requestState !== undefined && { requestState }) });
  }
  return withoutCompletion(result);
}

async function answersTo(
  questions: Readonly<Record<string, Question>>,
  client: AskableClient | undefined,
): Promise<Readonly<Record<string, RawObject>>> {
  if (Object.keys(questions).length === 0) return {};
  if (!client) throw new ProviderError('upstream_rejected', 'The server asks something, and there is no client to ask');
  return client.ask(questions);
}

function questionsOf(inputRequests: unknown): Readonly<Record<string, Question>> {
  const isWellFormed =
    isObject(inputRequests) &&
    Object.keys(inputRequests).length <= MAX_QUESTIONS &&
    Object.values(inputRequests).every(
      (asked) =>
        isObject(asked) && typeof asked.method === 'string' && (asked.params === undefined || isObject(asked.params)),
    );
  if (!isWellFormed)
    throw new ProviderError('upstream_rejected', 'The server asks in a way that is not of the protocol');
  return inputRequests as Readonly<Record<string, Question>>;
}

/** That a result is complete is said in the era of whoever gets it. Types that nobody knows pass. */
function withoutCompletion(result: RawObject): RawObject {
  if (result.resultType !== 'complete') return result;
  const rest: Record<string, unknown> = { ...result };
  delete rest.resultType;
  return rest;
}
