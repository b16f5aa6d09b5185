import type { CallContext } from '@manifold/tool-provider';
import { callWithSecrets } from './call-with-secrets.js';
import { connectionTo } from './server-connection.js';
import type { CallableServer, Secrets } from './server-run.js';
import type { RawObject, RequestOptions, UpstreamConnection } from './upstream/index.js';

/**
 * Sends a request of a caller to a server, on the connection that is right for the caller.
 * @param brought secrets that are part of the params, where they are not those that the server was started with
 * @throws ProviderError; the reason of the context's signal
 */
export async function requestTo(
  server: CallableServer,
  method: string,
  params: RawObject,
  context: CallContext,
  brought?: Secrets,
): Promise<RawObject> {
  const shared = server.live ?? (await connectionTo(server, context.signal));
  const send = (connection: UpstreamConnection): Promise<RawObject> => {
    const secrets = brought ?? server.secrets;
    if (Object.keys(secrets).length === 0) return connection.request(method, params, optionsOf(context));
    return callWithSecrets(connection, method, params, secrets, server.log, context);
  };
  return server.lanes.mustRoute(context, shared) ? server.lanes.run(context, shared, send) : send(shared);
}

const optionsOf = ({ cancellation: signal, onProgress, onLog, client, meta }: CallContext): RequestOptions => ({
  signal,
  onProgress,
  onLog,
  client,
  meta,
});
