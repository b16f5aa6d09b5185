import type { CallContext, RequestableClient } from '@manifold/tool-provider';
import type { ServerUris } from './server-uris.js';

/**
 * Returns a context in which the app uses its own URIs, and the client the public ones: in progress, in log messages, in requests of the app
 * and their answers, and in `_meta`. A context without any of them is returned as it is.
 */
export function mappedContext(uris: ServerUris, context: CallContext): CallContext {
  const { principal, requestId, cancellation, onProgress, onLog, client, meta, origin } = context;
  if (!client && !onProgress && !onLog && !meta) return context;
  return {
    ...{ principal, requestId, cancellation, origin },
    onProgress: onProgress && ((progress) => onProgress(uris.progress(progress))),
    onLog: onLog && ((message) => onLog(uris.log(message))),
    client: client && mappedClient(uris, client),
    meta: uris.ownArguments(meta),
    get signal() {
      return context.signal;
    },
    shorten: (milliseconds) => context.shorten?.(milliseconds),
  };
}

function mappedClient(uris: ServerUris, client: RequestableClient): RequestableClient {
  const { capabilities, sessionKey } = client;
  return {
    capabilities,
    sessionKey,
    request: async (requests) => {
      const asked = Object.entries(requests).map(([key, request]) => [key, uris.request(request)] as const);
      try {
        return uris.ownAnswers(await client.request(Object.fromEntries(asked)));
      } catch (error) {
        throw uris.ownError(error);
      }
    },
  };
}
