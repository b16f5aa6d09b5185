import { ProblemError } from './problem.js';

/** The most members of one object, or elements of one list, that a DTO is made of. The work of class-transformer grows with its square. */
const MOST_IN_ONE = 2_000;
/** The most members and elements of a whole value that a DTO is made of. */
export const MOST_IN_ALL = 20_000;

/**
 * Refuses a value that is too large to be made a DTO, before class-transformer and class-validator see it (docs/THREATS.md, threat 58).
 * @throws ProblemError 413
 */
export function requireBounded(value: unknown): void {
  countWithin(value, MOST_IN_ALL);
}

/** @returns how many members and elements may still come */
function countWithin(value: unknown, left: number): number {
  if (typeof value !== 'object' || value === null) return left;
  const inner = Array.isArray(value) ? (value as unknown[]) : Object.values(value);
  if (inner.length > MOST_IN_ONE) throw tooMany(`An object or list in the request has more than ${MOST_IN_ONE}`);
  let rest = left - inner.length;
  if (rest < 0) throw tooMany(`The request has more than ${MOST_IN_ALL}`);
  for (const item of inner) rest = countWithin(item, rest);
  return rest;
}

const tooMany = (what: string): ProblemError =>
  new ProblemError(413, 'payload_too_large', `${what} members or elements`);
