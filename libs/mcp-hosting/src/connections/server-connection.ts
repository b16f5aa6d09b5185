import { untilAborted } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import type { UpstreamConnection } from '@manifold/mcp-client';
import type { SecretsService } from '@manifold/secrets';
import { ProviderError, type CallContext } from '@manifold/tool-provider';
import { secretsDestination, type ServerRecord } from '../model/server-record.js';
import type { CallableServer, Secrets, ServerRun } from './server-run.js';

/** Characters that the names of users' secrets do not have: such entries belong to the gateway. */
const OWN = ':';

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

/**
 * Opens a user's secrets for a server.
 * @param names names of the wanted secrets; default: all
 * @throws ProviderError `not_connected` if some of them were given for another destination, `upstream_unavailable` if one of them does not
 *   open
 */
export async function openSecrets(
  secrets: SecretsService,
  record: ServerRecord,
  principal: Principal,
  names?: readonly string[],
): Promise<Secrets> {
  const owner = { principal, app: record.name };
  const destination = secretsDestination(record);
  try {
    const found = await secrets.find(owner, destination, names);
    const missed = found.asleep.filter((name) => !name.includes(OWN));
    if (missed.length > 0) throw asleepError(record, destination, missed);
    return await found.open();
  } catch (cause) {
    if (cause instanceof ProviderError) throw cause;
    throw new ProviderError('upstream_unavailable', `Your secrets for server ${record.name} cannot be read`, { cause });
  }
}

function asleepError({ name }: ServerRecord, destination: string, names: readonly string[]): ProviderError {
  const message =
    `Your secrets for server ${name} (${names.join(', ')}) were given for another destination. The server is now ${destination}. ` +
    'It has not got them, and the call was not sent. If you trust the new destination, confirm it with POST /secrets/confirm; otherwise ' +
    'delete the secrets or set new ones';
  return new ProviderError('not_connected', message);
}
