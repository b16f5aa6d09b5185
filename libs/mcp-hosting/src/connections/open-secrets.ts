import type { Principal } from '@manifold/auth';
import type { SecretsService } from '@manifold/secrets';
import { ProviderError } from '@manifold/tool-provider';
import { secretsDestination, type ServerRecord } from '../model/server-record.js';
import type { Secrets } from './server-run.js';

/** Characters that the names of users' secrets do not have: such entries belong to the gateway. */
const OWN = ':';

/**
 * Opens a user's secrets for a server.
 * @param names names of the wanted secrets; default: all
 * @throws ProviderError `not_connected` if some of them were given for another destination; SecretUnreadableError; errors of the store
 */
export async function openSecrets(
  secrets: SecretsService,
  record: ServerRecord,
  principal: Principal,
  names?: readonly string[],
): Promise<Secrets> {
  const owner = { principal, app: record.name };
  const destination = secretsDestination(record);
  const asleep = await secrets.asleep(owner, destination);
  const missed = asleep.filter((name) => !name.includes(OWN) && (!names || names.includes(name)));
  if (missed.length > 0) throw asleepError(record, destination, missed);
  return secrets.open(owner, destination, names);
}

function asleepError({ name }: ServerRecord, destination: string, names: readonly string[]): ProviderError {
  const message =
    `Your secrets for server ${name} (${names.join(', ')}) were given for another destination. The server is now ${destination}. ` +
    'It has not got them, and the call was not sent. If you trust the new destination, confirm it with POST /secrets/confirm; otherwise ' +
    'delete the secrets or set new ones';
  return new ProviderError('not_connected', message);
}
