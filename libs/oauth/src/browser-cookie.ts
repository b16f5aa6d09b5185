import { randomBytes } from 'node:crypto';

const NAME = 'manifold-oauth';
const VALUE = /^[A-Za-z0-9_-]{43}$/;

/**
 * The cookie by which a browser is known again when it comes back from an authorization server. `__Host-` keeps other hosts of the domain
 * from setting it; plain http, on one machine, has no such cookies.
 */
export const cookieName = (isPlain: boolean): string => (isPlain ? NAME : `__Host-${NAME}`);

/** @param header the `Cookie` header of a request */
export function browserOf(header: string | undefined, isPlain: boolean): string | undefined {
  const prefix = `${cookieName(isPlain)}=`;
  const values = (header ?? '').split(/;\s*/).filter((pair) => pair.startsWith(prefix));
  const value = values[0]?.slice(prefix.length);
  // Two of one name: one of them was set by somebody else.
  return values.length === 1 && value !== undefined && VALUE.test(value) ? value : undefined;
}

export const newBrowser = (): string => randomBytes(32).toString('base64url');

/** A `Set-Cookie` value. Lax: it has to come along when the authorization server sends the browser back. */
export function setCookie(browser: string, isPlain: boolean, maxAgeSeconds: number): string {
  const secure = isPlain ? '' : '; Secure';
  return `${cookieName(isPlain)}=${browser}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
}
