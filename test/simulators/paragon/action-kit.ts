import { ApiError } from './api-error.js';
import type { ActionDefinition } from './catalogue.js';
import type { Exchange, ReceivedRequest } from '../http/exchange.js';
import type { ParagonState } from './paragon-state.js';

/** The two generations of ActionKit's API. They differ only in these words. */
export type Generation = 'actions' | 'tools';

/** The field that names the action in a body of this generation. */
const ACTION_FIELD = { actions: 'action', tools: 'tool' } as const;

/** Returns the action that a request runs. */
export function actionOf(generation: Generation, method: string, body: unknown): string | undefined {
  if (method !== 'POST' || typeof body !== 'object' || body === null) return undefined;
  const name = (body as Record<string, unknown>)[ACTION_FIELD[generation]];
  return typeof name === 'string' ? name : undefined;
}

/**
 * Answers requests to ActionKit: GET lists actions, POST runs one. `limit_to_available` (true unless given) leaves out integrations that
 * the user has not connected; `integrations` names the wanted ones. `json_schema` is the only format that is simulated.
 * @throws ApiError
 */
export function answerActionKit(
  generation: Generation,
  user: string,
  request: ReceivedRequest,
  exchange: Exchange,
  state: ParagonState,
): void {
  if (request.method === 'GET') exchange.json(200, { [generation]: listing(user, request.query, state) });
  else if (request.method === 'POST') exchange.json(200, run(generation, user, request, state));
  else throw new ApiError(404, `Cannot ${request.method} ${request.path}`, 'not_found');
}

function listing(user: string, query: ReceivedRequest['query'], { catalogue, accounts }: ParagonState): object {
  if ((query.format ?? 'json_schema') !== 'json_schema') throw badRequest(`Format ${query.format} is not simulated`);
  const wanted = query.integrations?.split(',');
  const shown = catalogue.active.filter(
    ({ key, actions }) =>
      actions.length > 0 &&
      (wanted?.includes(key) ?? true) &&
      (query.limit_to_available === 'false' || accounts.credentialOf(user, key) !== undefined),
  );
  return Object.fromEntries(shown.map(({ key, actions }) => [key, actions.map(wireForm)]));
}

const wireForm = (definition: ActionDefinition): object => ({ type: 'function', function: definition });

/** Runs an action. The result is raw JSON, as from an integration: here the caller and the request. */
function run(generation: Generation, user: string, request: ReceivedRequest, state: ParagonState): object {
  const { action, body } = request;
  if (action === undefined) throw badRequest(`${ACTION_FIELD[generation]} must be a string`);
  const { parameters } = body as { parameters?: unknown };
  if (typeof parameters !== 'object' || parameters === null) throw badRequest('parameters must be an object');
  const owner = state.catalogue.ownerOf(action);
  if (!owner) throw new ApiError(404, `There is no action ${action}`, 'not_found');
  const { id } = state.accountOf(user, owner.key);
  const chosen = request.headers['x-paragon-credential'];
  if (chosen !== undefined && chosen !== id) throw new ApiError(404, 'There is no such credential', 'not_found');
  return { ok: true, integration: owner.key, action, user, credential: id, parameters };
}

const badRequest = (message: string): ApiError => new ApiError(400, message, 'bad_request');
