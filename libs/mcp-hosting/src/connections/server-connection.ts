import { untilAborted } from '@manifold/async';
import { ProviderError, type CallContext } from '@manifold/tool-provider';
import type { CallableServer, ServerRun } from './server-run.js';
import type { UpstreamConnection } from '@manifold/mcp-client';

/**
 * Runs a task with the instance of a server that serves this caller: the shared one, or the user's own. The task counts as a
 * running call of the instance until it ends.
 * @throws what the task throws; ProviderError when there is no instance for the caller; the reason of the context's signal
 */
export async function withInstanceFor<T>(
  run: ServerRun,
  context: CallContext,
  task: (server: CallableServer) => Promise<T>,
): Promise<T> {
  const preparation = run.forAll ? undefined : run.prepare(context.principal);
  if (preparation) await untilAborted(preparation, context.signal);
  const server = run.forAll ?? run.for(context.principal);
  server.calls.begin(); // before anything else can run: an instance without calls may be stopped to make room for another
  try {
    return await task(server);
  } finally {
    server.calls.end();
  }
}

/**
 * Runs a request on the connection of an instance that this call needs: the one that all calls share, or a dedicated one.
 * @throws what the request throws; ProviderError when there is no connection; the reason of the context's signal
 */
export async function withConnectionFor<T>(
  server: CallableServer,
  context: CallContext,
  request: (connection: UpstreamConnection) => Promise<T>,
): Promise<T> {
  const shared = server.live ?? (await connectionTo(server, context.signal));
  if (server.record.callTimeout !== undefined) context.shorten?.(server.record.callTimeout); // the start has its own time limit
  return needsDedicated(context, shared) ? server.dedicated.run(context, request) : request(shared);
}

/** Returns whether the messages of the server that belong to this call could not be told from those of other calls. */
const needsDedicated = ({ client, onLog }: CallContext, { correlates }: UpstreamConnection): boolean =>
  (client !== undefined && !correlates.requests) || (onLog !== undefined && !correlates.logs);

/**
 * Returns the connection that all calls of a server share. The reason why a server does not start is shown to operators
 * only. Callers receive only errors that they can act on.
 * @throws ProviderError; the signal's reason
 */
export async function connectionTo(server: CallableServer, signal: AbortSignal): Promise<UpstreamConnection> {
  try {
    return await server.connect(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof ProviderError && (error.code !== 'upstream_unavailable' || error.retryAfter)) throw error;
    throw new ProviderError('upstream_unavailable', `Server ${server.record.name} is not available`, { cause: error });
  }
}
