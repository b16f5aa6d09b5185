import { ENABLE_TOOLS, FOUND_BY_DEFAULT, MAX_ENABLED, MAX_FOUND, MAX_NAME, MAX_QUERY } from './dynamic-tools.js';
import { isObject, type Params } from './json-rpc.js';

/** What the model gave does not fit. The message tells it what would. */
export class UnfitArguments extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnfitArguments';
  }
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME;

/** @throws UnfitArguments */
export function readEnableTools({ tools }: Params): readonly string[] {
  if (Array.isArray(tools) && tools.length <= MAX_ENABLED && tools.every(isName)) return tools;
  throw new UnfitArguments(
    `${ENABLE_TOOLS} takes {"tools": [...]} with at most ${MAX_ENABLED} names of 1 to ${MAX_NAME} characters`,
  );
}

/** @throws UnfitArguments */
export function readSearchTools({ query, limit = FOUND_BY_DEFAULT }: Params): { query: string; limit: number } {
  if (typeof query !== 'string' || query.trim() === '' || query.length > MAX_QUERY) {
    throw new UnfitArguments(`query must be a text of 1 to ${MAX_QUERY} characters`);
  }
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MAX_FOUND) {
    throw new UnfitArguments(`limit must be an integer from 1 to ${MAX_FOUND}`);
  }
  return { query, limit };
}

/** @throws UnfitArguments */
export function readToolCall({ name, arguments: args = {} }: Params): { name: string; arguments: Params } {
  if (!isName(name)) throw new UnfitArguments(`name must be the name of a tool, of 1 to ${MAX_NAME} characters`);
  if (!isObject(args)) throw new UnfitArguments('arguments must be an object');
  return { name, arguments: args };
}
