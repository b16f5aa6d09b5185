import { EgressError } from '@manifold/egress';

/**
 * Failures between the gateway and an authorization server.
 *
 * | code | meaning | remedy |
 * |---|---|---|
 * | `reauth_required` | there are no tokens, or they are no longer valid | the user connects (again) |
 * | `unavailable` | the authorization server does not respond correctly | a later attempt |
 * | `discovery_failed` | the server does not name its authorization server, or that has no metadata | the server's operator |
 * | `metadata_refused` | metadata of the server or its authorization server violates a rule | the server's operator |
 * | `registration_failed` | the authorization server gives the gateway no client id | a registration by hand |
 * | `state_invalid` | the callback belongs to no flow of this browser: unknown, used, expired or foreign state | a new start |
 * | `issuer_mismatch` | the callback comes from another authorization server than the flow went to (RFC 9207) | a new start |
 * | `authorization_denied` | the user or the authorization server refused access | a new start |
 * | `exchange_refused` | the authorization server does not accept the code | a new start |
 */
export type OAuthFlowErrorCode =
  | 'reauth_required'
  | 'unavailable'
  | 'discovery_failed'
  | 'metadata_refused'
  | 'registration_failed'
  | 'state_invalid'
  | 'issuer_mismatch'
  | 'authorization_denied'
  | 'exchange_refused';

/**
 * Only error type of this library, besides those of the store. Its message may be shown: it contains no token, no secret and no text of
 * another server except an error code. Its cause is for the operator's log.
 */
export class OAuthFlowError extends Error {
  constructor(
    readonly code: OAuthFlowErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'OAuthFlowError';
  }
}

/**
 * Converts the error of a request. A refusal by the gateway itself is the fault of the party that named the address. A failure on the
 * network means that the host is unavailable.
 */
export function requestError(error: unknown, host: string): OAuthFlowError {
  if (error instanceof OAuthFlowError) return error;
  if (!(error instanceof EgressError))
    return new OAuthFlowError('unavailable', `${host} did not answer`, { cause: error });
  return new OAuthFlowError(isRefusal(error) ? 'metadata_refused' : 'unavailable', error.message, { cause: error });
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
