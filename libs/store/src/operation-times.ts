import { processHistogram } from '@manifold/metrics';

const operations = processHistogram(
  'manifold_store_operation_seconds',
  'How long the database took, by whether it succeeded',
  'database',
  'outcome',
);

type Database = 'mongodb' | 'sqlite';

/** Runs a database operation and records its duration. */
export async function timed<Result>(database: Database, work: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  try {
    const result = await work();
    observed(database, 'ok', start);
    return result;
  } catch (error) {
    observed(database, 'error', start);
    throw error;
  }
}

/** The same for a database that blocks the process. */
export function timedSync<Result>(database: Database, work: () => Result): Result {
  const start = performance.now();
  try {
    const result = work();
    observed(database, 'ok', start);
    return result;
  } catch (error) {
    observed(database, 'error', start);
    throw error;
  }
}

const observed = (database: Database, outcome: 'ok' | 'error', start: number): void =>
  operations.of(database, outcome).observe((performance.now() - start) / 1000);
