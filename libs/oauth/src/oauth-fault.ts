import { EgressError } from '@manifold/egress';

/**
 * What can go wrong between the gateway and an authorization server.
 *
 * | code | meaning | what helps |
 * |---|---|---|
 * | `reauth_required` | there are no tokens, or they are no longer any good | the user connects (again) |
 * | `unavailable` | the authorization server does not answer as one | a later try |
 * | `discovery_failed` | the server does not say who issues its tokens | its operator |
 * | `metadata_refused` | what the server or its authorization server says of itself breaks a rule | its operator |
 * | `registration_failed` | the authorization server gives the gateway no client id | a registration by hand |
 * | `state_invalid` | the callback belongs to no flow of this browser: unknown, used, expired or foreign state | a new start |
 * | `issuer_mismatch` | the callback comes from another authorization server than the flow went to (RFC 9207) | a new start |
 * | `authorization_denied` | the user, or the authorization server, said no | a new start |
 * | `exchange_refused` | the authorization server does not take the code | a new start |
 */
export type OAuthFaultCode =
  | 'reauth_required'
  | 'unavailable'
  | 'discovery_failed'
  | 'metadata_refused'
  | 'registration_failed'
  | 'state_invalid'
  | 'issuer_mismatch'
  | 'authorization_denied'
  | 'exchange_refused';

/** The only error of this library, beside those of the store. Its message may be shown: it has no token, no secret, no foreign text. */
export class OAuthFault extends Error {
  constructor(
    readonly code: OAuthFaultCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'OAuthFault';
  }
}

/** A request that was refused or failed on its way. What the gateway itself refuses is a fault of whoever named the address. */
export function requestFault(error: unknown, host: string): OAuthFault {
  if (error instanceof OAuthFault) return error;
  if (!(error instanceof EgressError)) return new OAuthFault('unavailable', `${host} did not answer`, { cause: error });
  return new OAuthFault(isRefusal(error) ? 'metadata_refused' : 'unavailable', error.message, { cause: error });
}

function isRefusal({ code }: EgressError): boolean {
  switch (code) {
    case 'address_forbidden':
    case 'redirect_forbidden':
    case 'too_large':
    case 'unsupported_url':
      return true;
    case 'connect_failed':
    case 'connection_lost':
    case 'timeout':
      return false;
  }
}
