import { mongo, MongooseError } from 'mongoose';
import { StoreUnavailable } from '../collection.js';
import { timed } from '../operation-times.js';

/** How long an operation may take in all, in milliseconds: less than the two seconds of `ping`. */
export const DEADLINE = 1800;
/** The same while the gateway starts: nobody waits for it, and to give up is to start anew. */
export const DEADLINE_AT_START = 10_000;

const DUPLICATE_KEY = 11000;

/** What servers answer that cannot serve now: they are starting, stopping, electing a primary, or do not know us. */
const UNAVAILABLE_CODES: ReadonlySet<unknown> = new Set([
  6, 7, 13, 18, 50, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
]);

/** Whether a unique index, or the one on `_id`, refused the write. */
export const isDuplicate = (error: unknown): boolean =>
  error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;

/**
 * Runs what talks to the database. The driver's own limits are for each of its steps (connecting, waiting for a connection, a second try),
 * so the time for all of them is kept here. What comes too late goes on and is forgotten.
 * @throws StoreUnavailable for what is the database's fault, everything else as it came
 */
export async function askDatabase<Result>(work: () => Promise<Result>, deadlineMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = (): void => reject(new StoreUnavailable(`MongoDB did not answer within ${deadlineMs} ms`));
    // After a pause of this process timers come first: an answer that has arrived in it is not late.
    timer = setTimeout(() => setImmediate(late), deadlineMs);
  });
  try {
    return await timed('mongodb', () => Promise.race([work(), deadline]));
  } catch (error) {
    if (isUnavailable(error)) throw new StoreUnavailable('MongoDB does not answer', { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof mongo.MongoServerError) return UNAVAILABLE_CODES.has(error.code);
  return error instanceof mongo.MongoError || error instanceof MongooseError;
}
