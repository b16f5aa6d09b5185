/** URL of a registry, and the credentials for it. */
export interface RegistryAccess {
  /** URL without credentials and without a trailing slash. */
  readonly url: string;
  /** User and password for HTTP Basic authentication (RFC 7617), in base64. */
  readonly basic?: string;
}

/** Splits the URL of a registry. @param registry URL; may contain a user and a password */
export function registryAccess(registry: string): RegistryAccess {
  const url = new URL(registry);
  const credentials = [url.username, url.password].map(decodeURIComponent).join(':');
  url.username = '';
  url.password = '';
  const bare = url.href.replace(/\/+$/, '');
  return credentials === ':' ? { url: bare } : { url: bare, basic: Buffer.from(credentials).toString('base64') };
}
