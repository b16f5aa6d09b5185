import { randomBytes } from 'node:crypto';

const NAME = 'manifold-oauth';
const VALUE = /^[A-Za-z0-9_-]{43}$/;

/**
 * Returns the name of the cookie that identifies a browser when it returns from an authorization server. The prefix `__Host-` prevents
 * other hosts of the domain from setting it. Plain http, on one machine, does not support the prefix.
 */
export const cookieName = (isPlain: boolean): string => (isPlain ? NAME : `__Host-${NAME}`);

/**
 * Returns the value of the browser's cookie.
 * @param header the `Cookie` header of a request
 */
export function browserOf(header: string | undefined, isPlain: boolean): string | undefined {
  const prefix = `${cookieName(isPlain)}=`;
  const values = (header ?? '').split(/;\s*/).filter((pair) => pair.startsWith(prefix));
  const value = values[0]?.slice(prefix.length);
  // If two cookies have this name, another party has set one of them.
  return values.length === 1 && value !== undefined && VALUE.test(value) ? value : undefined;
}

export const newBrowser = (): string => randomBytes(32).toString('base64url');

/**
 * Returns a `Set-Cookie` value. It is `SameSite=Lax`, because the browser must send the cookie when the authorization server redirects it
 * back.
 */
export function setCookie(browser: string, isPlain: boolean, maxAgeSeconds: number): string {
  const secure = isPlain ? '' : '; Secure';
  return `${cookieName(isPlain)}=${browser}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
}
