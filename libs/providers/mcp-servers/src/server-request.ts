import { ProviderError, type CallContext, type UpstreamSpan } from '@manifold/tool-provider';
import { callWithSecrets } from './call-with-secrets.js';
import { connectionTo } from './server-connection.js';
import type { CallableServer, Secrets } from './server-run.js';
import { NotSentError, type RawObject, type RequestOptions, type UpstreamConnection } from './upstream/index.js';

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
  const span = upstreamSpan(server.record.name, method, params, context);
  if (!span) return requestWith(context.meta, server, method, params, context, brought);
  try {
    const result = await requestWith({ ...context.meta, ...span.carrier }, server, method, params, context, brought);
    span.end(result.isError === true ? 'tool_error' : undefined);
    return result;
  } catch (error) {
    span.end(error instanceof ProviderError ? error.code : 'failed');
    throw error;
  }
}

/** A server that ended between two requests is started anew for the second one. */
async function requestWith(...request: Parameters<typeof requestOnce>): Promise<RawObject> {
  try {
    return await requestOnce(...request);
  } catch (error) {
    if (!(error instanceof NotSentError)) throw error;
    return requestOnce(...request);
  }
}

/** @param meta what the server is told beside the params */
async function requestOnce(
  meta: RawObject | undefined,
  server: CallableServer,
  method: string,
  params: RawObject,
  context: CallContext,
  brought: Secrets | undefined,
): Promise<RawObject> {
  const shared = server.live ?? (await connectionTo(server, context.signal));
  if (server.record.callTimeout !== undefined) context.shorten?.(server.record.callTimeout); // its start had a limit of its own
  const send = (connection: UpstreamConnection): Promise<RawObject> => {
    const secrets = brought ?? server.secrets;
    if (Object.keys(secrets).length === 0) return connection.request(method, params, optionsOf(context, meta));
    return callWithSecrets(connection, method, params, secrets, server.log, context, meta);
  };
  return server.lanes.mustRoute(context, shared) ? server.lanes.run(context, send) : send(shared);
}

const optionsOf = (
  { cancellation: signal, onProgress, onLog, client }: CallContext,
  meta: RawObject | undefined,
): RequestOptions => ({
  signal,
  onProgress,
  onLog,
  client,
  meta,
});

/** OpenTelemetry, "Semantic conventions for Model Context Protocol", client. */
function upstreamSpan(
  server: string,
  method: string,
  { name }: RawObject,
  { origin }: CallContext,
): UpstreamSpan | undefined {
  const tool = method === 'tools/call' && typeof name === 'string' ? name : undefined;
  return origin?.trace?.upstream(tool === undefined ? method : `${method} ${tool}`, {
    'mcp.method.name': method,
    'manifold.server': server,
    ...(tool !== undefined && { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': tool }),
  });
}
