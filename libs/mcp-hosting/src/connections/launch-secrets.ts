import { secretsIn, userHeaders } from '../model/secret-headers.js';
import type { ServerRecord } from '../model/server-record.js';
import type { Secrets } from './server-run.js';

/**
 * Returns the names of the secrets with which a single user's connection is opened. Returns none if the secrets are
 * arguments of each call.
 */
export function launchSecrets({ secretsAs, secretNames = [], secretHeaders = {} }: ServerRecord): readonly string[] {
  if (secretsAs === 'environment') return secretNames;
  return secretsAs === 'headers' ? Object.values(secretHeaders).flatMap(secretsIn) : [];
}

/**
 * Returns the transport settings with a user's secrets. If the user has not stored a secret, its variable or header is left
 * out, even if the server's configuration has a value for it. A user is never served with credentials of another owner.
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
