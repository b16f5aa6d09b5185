/**
 * A namespace as the host of a URI. Clients may fold the case of a host, and some URL parsers refuse percent-encoding in it. All
 * characters but `a-z`, `0-9`, `.`, `_`, `-` and the separator `+` are therefore written as `~` and two digits for each byte: the server
 * `Notes@home` has the host `~4eotes~40home`. No other namespace has this host, even if its case is folded.
 */
export const hostOf = (namespace: string): string =>
  namespace.replace(
    ESCAPED,
    (text, byte?: string) => `~${byte?.toLowerCase() ?? text.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );

/** A percent-encoded byte, or a character that a host must not have. A namespace has ASCII characters only. */
const ESCAPED = /%([0-9A-F]{2})|[^a-z0-9._+-]/g;

const HOST = /^(?:[a-z0-9._+-]|~[0-9a-f]{2})+$/;

/** @returns undefined if no namespace has this host */
export function namespaceOf(host: string): string | undefined {
  if (!HOST.test(host)) return undefined;
  const bytes = host.replaceAll('~', '%').split('+');
  try {
    const namespace = bytes.map((part) => encodeURIComponent(decodeURIComponent(part))).join('+');
    return hostOf(namespace) === host ? namespace : undefined;
  } catch {
    return undefined; // the bytes are not UTF-8
  }
}
