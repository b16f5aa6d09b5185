/**
 * Error codes that find fault with the request instead of the grant. The same grant may be accepted in another request (RFC 6749, 5.2; RFC
 * 8707, 2).
 */
const ABOUT_REQUEST = [
  'invalid_request',
  'invalid_resource',
  'invalid_scope',
  'invalid_target',
  'unsupported_grant_type',
  'unsupported_response_type',
];

/** Error for a request that a token endpoint refuses. */
export class GrantRefusedError extends Error {
  /**
   * @param error error code of the response (RFC 6749, 5.2)
   * @param said what the authorization server says about it, for the log
   */
  constructor(
    readonly error: string,
    said?: Error,
  ) {
    super(`The authorization server refused the request: ${error}`, { cause: said });
    this.name = 'GrantRefusedError';
  }

  /** Returns whether the authorization server no longer accepts the gateway as a client. */
  get isAboutClient(): boolean {
    return isAboutClient(this.error);
  }

  /** Returns whether the grant itself may still be good. */
  get isAboutRequest(): boolean {
    return ABOUT_REQUEST.includes(this.error);
  }
}

/** Returns whether an error code says that the authorization server does not accept the gateway as a client. */
export const isAboutClient = (error: string | undefined): boolean =>
  error === 'invalid_client' || error === 'unauthorized_client';
