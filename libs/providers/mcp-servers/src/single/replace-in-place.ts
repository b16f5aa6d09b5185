import type { Replacement } from '@manifold/server-hosting';
import type { Stored } from '@manifold/store';
import type { ServerRecord } from '../server-record.js';
import type { ServerSupervisor } from '../server-supervisor.js';

/** Stores a record in the place of another, and runs it. @throws Problem 409 when somebody has changed the server meanwhile */
type Exchange = (before: Stored<ServerRecord>, after: ServerRecord) => Promise<Stored<ServerRecord>>;

/**
 * What must run once is not tried beside what runs: when the calls in flight have their answers it takes its place, and gives it back
 * where it does not work.
 * @throws ProviderError that says why the new settings do not work; the signal's reason; as `exchange` does
 */
export async function replaceInPlace(
  supervisor: ServerSupervisor,
  exchange: Exchange,
  before: Stored<ServerRecord>,
  after: ServerRecord,
  signal: AbortSignal,
): Promise<Replacement> {
  const { tenant, name } = after;
  const incumbent = supervisor.server(tenant, name)!;
  const { instances } = incumbent;
  await incumbent.retire();
  const changed = await exchange(before, after);
  try {
    await supervisor.server(tenant, name)!.prove(signal, { instances });
    return { retired: Promise.resolve() };
  } catch (error) {
    await exchange(changed, before.value);
    throw error;
  }
}
