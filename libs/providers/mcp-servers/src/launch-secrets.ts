import { secretsIn, userHeaders } from './secret-headers.js';
import type { ServerRecord } from './server-record.js';
import type { Secrets } from './server-run.js';

/** The secrets that a connection of a single user is opened with: none where they are arguments of each call. */
export function launchSecrets({ secretsAs, secretNames = [], secretHeaders = {} }: ServerRecord): readonly string[] {
  if (secretsAs === 'environment') return secretNames;
  return secretsAs === 'headers' ? Object.values(secretHeaders).flatMap(secretsIn) : [];
}

/**
 * The transport with a user's secrets in it. What the user does not have is left out, also where the server has a value of its own
 * for it: nobody works with credentials that are not theirs.
 */
export function transportWith(record: ServerRecord, secrets: Secrets): ServerRecord['transport'] {
  const { transport, secretsAs, secretNames = [], secretHeaders = {} } = record;
  if (transport.transportType === 'streamable_http') {
    if (secretsAs !== 'headers') return transport;
    return { ...transport, headers: userHeaders(transport.headers, secretHeaders, secrets) };
  }
  if (secretsAs !== 'environment') return transport;
  const own = Object.entries(transport.env).filter(([name]) => !secretNames.includes(name));
  return { ...transport, env: { ...Object.fromEntries(own), ...secrets } };
}
