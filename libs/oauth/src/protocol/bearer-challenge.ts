/** Challenge in the `WWW-Authenticate` header of a refused request (RFC 6750, 3; RFC 9728, 5.1). */
export interface BearerChallenge {
  /** URL of the resource metadata, not validated. */
  readonly resourceMetadata?: string;
  /** Scopes that the request needs. */
  readonly scopes: readonly string[];
  /** Error code, such as `invalid_token` or `insufficient_scope`. */
  readonly error?: string;
}

/** A scheme, or a parameter with its value as a quoted string or a token (RFC 9110, 11.2). */
const PART = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g;

/**
 * Reads a challenge also where servers deviate, as with URLs and scopes that are not quoted. oauth4webapi finds no challenge at all in such
 * a header, and it has no function for it: it reads headers of token endpoints and of its own requests only.
 * @returns the first Bearer challenge of the header; other schemes and their parameters do not count
 */
export function bearerChallenge(header: string | null | undefined): BearerChallenge | undefined {
  const parameters = new Map<string, string>();
  let scheme = '';
  let found = false;
  for (const [, name, quoted, token] of (header ?? '').matchAll(PART)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? token;
    if (value === undefined) {
      if (found) break;
      scheme = name!.toLowerCase();
      found = scheme === 'bearer';
    } else if (found && !parameters.has(name!.toLowerCase())) parameters.set(name!.toLowerCase(), value);
  }
  if (!found) return undefined;
  return {
    resourceMetadata: parameters.get('resource_metadata'),
    scopes: scopesOf(parameters.get('scope')),
    error: parameters.get('error'),
  };
}

/** RFC 6749, 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;
const MOST_SCOPES = 100;

/** @returns each valid scope once */
export function scopesOf(text: string | undefined): string[] {
  return uniqueScopes((text ?? '').split(' '));
}

export function uniqueScopes(scopes: readonly string[]): string[] {
  return [...new Set(scopes)].filter((scope) => SCOPE.test(scope)).slice(0, MOST_SCOPES);
}

/**
 * Returns the scopes that the server requires and the tokens do not have. If none is missing, the server refuses for another reason. Asking
 * the user again would then change nothing, and a client that kept asking would never stop.
 */
export function missingScopes({ scopes }: BearerChallenge, granted: readonly string[]): string[] {
  return scopes.filter((scope) => !granted.includes(scope));
}
