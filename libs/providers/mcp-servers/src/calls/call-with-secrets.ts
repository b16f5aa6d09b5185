import { hiddenForms, scrub } from '@manifold/secrets';
import { ProviderError, type RequestableClient, type CallContext } from '@manifold/tool-provider';
import type { LogRing, RawObject, UpstreamConnection } from '@manifold/mcp-client';

type Secrets = Readonly<Record<string, string>>;

/**
 * Sends a request to a server that has a user's secrets, from its start or from the arguments. The server may repeat the secrets in its
 * messages (docs/THREATS.md, threat 42). This function removes their values from the result, from progress, log messages, requests and
 * errors, and from the server's log during the call.
 */
export async function callWithSecrets(
  connection: UpstreamConnection,
  method: string,
  params: RawObject,
  secrets: Secrets,
  log: LogRing,
  { cancellation: signal, onProgress, onLog, client }: CallContext,
  meta: RawObject | undefined,
): Promise<RawObject> {
  const values = Object.values(secrets);
  const hidden = hiddenForms(values);
  log.hide(hidden);
  try {
    const result = await connection.request(method, params, {
      signal,
      meta,
      onProgress: onProgress && ((progress) => onProgress(scrub(progress, secrets))),
      onLog: onLog && ((message) => onLog(scrub(message, secrets))),
      client: client && scrubbed(client, secrets),
      secrets: values,
    });
    return scrub(result, secrets);
  } catch (error) {
    throw error instanceof ProviderError ? scrubError(error, secrets) : error;
  } finally {
    log.reveal(hidden);
  }
}

const scrubbed = (client: RequestableClient, secrets: Secrets): RequestableClient => ({
  capabilities: client.capabilities,
  sessionKey: client.sessionKey,
  request: (requests) => client.request(scrub(requests, secrets)),
});

function scrubError(error: ProviderError, secrets: Secrets): ProviderError {
  const { code, retryAfter, rpcError } = error;
  const message = scrub(error.message, secrets);
  if (message === error.message && scrub(rpcError, secrets) === rpcError) return error;
  return new ProviderError(code, message, { retryAfter, rpcError: scrub(rpcError, secrets) });
}
