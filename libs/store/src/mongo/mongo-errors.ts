import { mongo, MongooseError } from 'mongoose';
import { StoreUnavailableError } from '../collection.js';
import { timed } from '../operation-times.js';

/** The time limit of an operation in milliseconds: less than the two seconds of `ping`. */
export const DEADLINE = 1800;
/** The time limit while the gateway starts. No client waits then, and a failed operation would mean a restart. */
export const DEADLINE_AT_START = 10_000;

const DUPLICATE_KEY = 11000;

/** Error codes of servers that cannot serve now: they are starting, stopping, electing a primary, or reject our credentials. */
const UNAVAILABLE_CODES: ReadonlySet<unknown> = new Set([
  6, 7, 13, 18, 50, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
]);

/** Tells whether a unique index, or the index on `_id`, refused the write. */
export const isDuplicate = (error: unknown): boolean =>
  error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;

/**
 * Runs a database operation within a time limit. The driver limits each of its steps (connecting, waiting for a connection, a retry), so
 * the total is limited here. The result of a late operation is ignored.
 * @throws StoreUnavailableError for failures of the database; other errors unchanged
 */
export async function askDatabase<Result>(work: () => Promise<Result>, deadlineMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = (): void => reject(new StoreUnavailableError(`MongoDB did not answer within ${deadlineMs} ms`));
    // After a pause of this process timers run first. `setImmediate` lets an answer that arrived during the pause win.
    timer = setTimeout(() => setImmediate(late), deadlineMs);
  });
  try {
    return await timed('mongodb', () => Promise.race([work(), deadline]));
  } catch (error) {
    if (isUnavailable(error)) throw new StoreUnavailableError('MongoDB does not answer', { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof mongo.MongoServerError) return UNAVAILABLE_CODES.has(error.code);
  return error instanceof mongo.MongoError || error instanceof MongooseError;
}
