/** Where a request through the proxy is to go. */
export interface ProxyTarget {
  /** Host as `URL` writes it: lower case, IPv4 in its usual form, without the brackets of IPv6. */
  readonly hostname: string;
  readonly port: number;
  /** Host and port, for messages and for the `Host` header. */
  readonly authority: string;
}

const AUTHORITY = /^(?:\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\]+):(\d{1,5})$/i;
const ABSOLUTE = /^http:\/\/[^/?#]+([^#]*)/i;
/** A host name has at most 253 characters (RFC 1035). */
const LONGEST_HOST = 255;

/** Reads the target of CONNECT: `host:port`. Returns undefined if it is none. */
export function tunnelTarget(authority: string): ProxyTarget | undefined {
  const [, port] = AUTHORITY.exec(authority) ?? [];
  return port === undefined ? undefined : targetOf(URL.parse(`http://${authority}`), Number(port));
}

/** Reads the target of another request in absolute form (RFC 9112, section 3.2.2). Returns undefined if it is none. */
export function requestTarget(text: string): (ProxyTarget & { readonly path: string }) | undefined {
  const [, path] = ABSOLUTE.exec(text) ?? [];
  const url = URL.parse(text);
  if (path === undefined || url?.protocol !== 'http:') return undefined;
  const target = targetOf(url, Number(url.port || 80));
  // The path goes on as it came: `URL` would resolve `..` and encode other characters.
  return target && { ...target, path: path.startsWith('/') ? path : `/${path}` };
}

function targetOf(url: URL | null, port: number): ProxyTarget | undefined {
  if (!url || url.hostname === '' || url.hostname.length > LONGEST_HOST || port < 1 || port > 65_535) return undefined;
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { hostname, port, authority: `${url.hostname}:${port}` };
}
