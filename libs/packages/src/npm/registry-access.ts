/** Where a registry is, and who asks. */
export interface RegistryAccess {
  /** Without credentials and without a slash at the end. */
  readonly url: string;
  /** User and password (RFC 7617), in base64. */
  readonly basic?: string;
}

/** @param registry URL; may have a user and a password */
export function registryAccess(registry: string): RegistryAccess {
  const url = new URL(registry);
  const credentials = [url.username, url.password].map(decodeURIComponent).join(':');
  url.username = '';
  url.password = '';
  const bare = url.href.replace(/\/+$/, '');
  return credentials === ':' ? { url: bare } : { url: bare, basic: Buffer.from(credentials).toString('base64') };
}
