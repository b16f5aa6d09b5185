import type { Replacement } from '@manifold/server-model';
import type { Stored } from '@manifold/store';
import type { ServerRecord, ServerSupervisor } from '@manifold/mcp-hosting';

/** Replaces a stored record with another and runs it. @throws ProblemError 409 if the server was changed meanwhile */
type Exchange = (before: Stored<ServerRecord>, after: ServerRecord) => Promise<Stored<ServerRecord>>;

/**
 * Replaces a singleton, which must not run twice. The running instance ends its calls and stops, then the new one starts. If the new one
 * does not work, the old settings are restored.
 * @throws ProviderError that says why the new settings do not work; the signal's reason; the errors of `exchange`
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
    await supervisor.server(tenant, name)!.verify(signal, { instances });
    return { retired: Promise.resolve() };
  } catch (error) {
    await exchange(changed, before.value);
    throw error;
  }
}
