import { isObject } from '@manifold/async';
import { ENABLE_TOOLS, FOUND_BY_DEFAULT, MAX_ENABLED, MAX_FOUND, MAX_NAME, MAX_QUERY } from './dynamic-tools.js';
import type { Params } from '../json-rpc/json-rpc.js';

/** Error for invalid arguments from the model. The message tells the model what is valid. */
export class InvalidArgumentsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidArgumentsError';
  }
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME;

/** @throws InvalidArgumentsError */
export function readEnableTools({ tools }: Params): readonly string[] {
  if (Array.isArray(tools) && tools.length <= MAX_ENABLED && tools.every(isName)) return tools;
  throw new InvalidArgumentsError(
    `${ENABLE_TOOLS} takes {"tools": [...]} with at most ${MAX_ENABLED} names of 1 to ${MAX_NAME} characters`,
  );
}

/** @throws InvalidArgumentsError */
export function readSearchTools({ query, limit: wanted }: Params): { query: string; limit: number } {
  const limit = wanted ?? FOUND_BY_DEFAULT;
  if (typeof query !== 'string' || query.trim() === '' || query.length > MAX_QUERY) {
    throw new InvalidArgumentsError(`query must be a text of 1 to ${MAX_QUERY} characters`);
  }
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MAX_FOUND) {
    throw new InvalidArgumentsError(`limit must be an integer from 1 to ${MAX_FOUND}`);
  }
  return { query, limit };
}

/** @throws InvalidArgumentsError */
export function readToolCall({ name, arguments: given }: Params): { name: string; arguments: Params } {
  const args = given ?? {};
  if (!isName(name)) throw new InvalidArgumentsError(`name must be the name of a tool, of 1 to ${MAX_NAME} characters`);
  if (!isObject(args)) throw new InvalidArgumentsError('arguments must be an object');
  return { name, arguments: args };
}
