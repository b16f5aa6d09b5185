import { scrub } from '@manifold/secrets';
import { ProviderError, type AskableClient, type CallContext } from '@manifold/tool-provider';
import type { LogRing, RawObject, UpstreamConnection } from './upstream/index.js';

type Secrets = Readonly<Record<string, string>>;

/**
 * A request to a server that knows a user's secrets, from its start or from the arguments. Whatever comes back may repeat them
 * (SECURITY.md, threat 42): their values are taken out of the result, of progress, of questions and of errors, and out of what the
 * server logs meanwhile.
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
  log.hide(values);
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
    log.reveal(values);
  }
}

const scrubbed = (client: AskableClient, secrets: Secrets): AskableClient => ({
  capabilities: client.capabilities,
  sessionKey: client.sessionKey,
  ask: (questions) => client.ask(scrub(questions, secrets)),
});

function scrubError(error: ProviderError, secrets: Secrets): ProviderError {
  const { code, retryAfter, rpcError } = error;
  const message = scrub(error.message, secrets);
  if (message === error.message && scrub(rpcError, secrets) === rpcError) return error;
  return new ProviderError(code, message, { retryAfter, rpcError: scrub(rpcError, secrets) });
}
