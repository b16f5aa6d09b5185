import { INTROSPECTOR } from './provider.js';

/** The authorization server's answer about an access token (RFC 7662). */
export interface Introspection {
  readonly active: boolean;
  readonly sub?: string;
  readonly aud?: string | string[];
  readonly scope?: string;
  readonly exp?: number;
}

export async function introspect(issuer: string, token: string): Promise<Introspection> {
  const credentials = Buffer.from(`${INTROSPECTOR.id}:${INTROSPECTOR.secret}`).toString('base64');
  const response = await fetch(`${issuer}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ token }),
  });
  return (await response.json()) as Introspection;
}
