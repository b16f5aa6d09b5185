import { ClientSecretPost, None, type ClientAuth } from 'oauth4webapi';
import type { ClientCredentials } from './protected-server.js';
import { TOKEN_ENDPOINT_AUTH_METHODS, type TokenEndpointAuthMethod } from './vendor-settings.js';

/**
 * Selects how a client authenticates: as it was registered, else by the first method that both sides know.
 * @param supported methods of the authorization server; empty if it names none
 */
export function authMethodOf(
  { clientSecret, authMethod }: ClientCredentials,
  supported: readonly string[] = [],
): TokenEndpointAuthMethod {
  if (!clientSecret) return 'none';
  const known = knownMethods(supported);
  return known.find((method) => method === authMethod) ?? known[0] ?? 'client_secret_post';
}

/** Returns the methods that both sides know, the best one first. An authorization server that names none may take any. */
export const knownMethods = (supported: readonly string[] = []): TokenEndpointAuthMethod[] =>
  TOKEN_ENDPOINT_AUTH_METHODS.filter((method) => supported.length === 0 || supported.includes(method));

export function clientAuthentication(client: ClientCredentials, supported?: readonly string[]): ClientAuth {
  const { clientSecret = '' } = client;
  switch (authMethodOf(client, supported)) {
    case 'client_secret_basic':
      return clientSecretBasic(clientSecret);
    case 'client_secret_post':
      return ClientSecretPost(clientSecret);
    case 'none':
      return None();
  }
}

/**
 * Encodes as little as RFC 6749, 2.3.1 allows. The function of the library also encodes `-`, `.` and `_`. Authorization servers that do not
 * decode credentials would then not find a client id such as a UUID.
 */
const clientSecretBasic =
  (clientSecret: string): ClientAuth =>
  (_server, { client_id: clientId }, _body, headers) => {
    const credentials = [clientId, clientSecret].map(formEncoded).join(':');
    headers.set('authorization', `Basic ${btoa(credentials)}`);
  };

const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
