import { scrub } from '@manifold/secrets';
import { ProviderError, type CallContext } from '@manifold/tool-provider';
import type { LogRing, RawObject, UpstreamConnection } from './upstream/index.js';

type Secrets = Readonly<Record<string, string>>;

/**
 * A request to a server that knows a user's secrets, from its start or from the arguments. Whatever comes back may repeat them (SECURITY.md, threat 42): their values
 * are taken out of the result, of progress and of errors, and out of what the server logs meanwhile.
 */
export async function callWithSecrets(
  connection: UpstreamConnection,
  method: string,
  params: RawObject,
  secrets: Secrets,
  log: LogRing,
  { signal, onProgress }: CallContext,
): Promise<RawObject> {
  const values = Object.values(secrets);
  log.hide(values);
  try {
    const result = await connection.request(method, params, {
      signal,
      onProgress: onProgress && ((progress) => onProgress(scrub(progress, secrets))),
    });
    return scrub(result, secrets);
  } catch (error) {
    throw error instanceof ProviderError ? scrubError(error, secrets) : error;
  } finally {
    log.reveal(values);
  }
}

function scrubError(error: ProviderError, secrets: Secrets): ProviderError {
  const { code, retryAfter, rpcError } = error;
  const message = scrub(error.message, secrets);
  if (message === error.message && scrub(rpcError, secrets) === rpcError) return error;
  return new ProviderError(code, message, { retryAfter, rpcError: scrub(rpcError, secrets) });
}
