/** URI of an app in its own words, and the namespace of the app. */
export interface NamespacedUri {
  readonly namespace: string;
  readonly uri: string;
}

/** Schemes whose public URIs name the app in their first segment (MCP Apps and skills): `ui://rest` becomes `ui://app/rest`. */
const SEGMENTED = /^(?:ui|skill):\/\//i;

/**
 * Start of the text that names the app at the end of all other public URIs: `file:///a` becomes `file:///a#:~:mcp-server=app`. It is a
 * fragment directive, which browsers do not send and hide from pages. URL parsers check or change the host of a URI, but not its fragment.
 */
const DIRECTIVE = ':~:mcp-server=';

/**
 * Returns the public URI of an app's URI or URI template. It depends on nothing else, so it never changes. Two apps never have the same
 * public URI, and {@link readPublicUri} reads it back.
 * @param namespace text without `/`, `:`, `#` and braces
 */
export function publicUri(namespace: string, uri: string): string {
  const scheme = SEGMENTED.exec(uri)?.[0];
  if (scheme !== undefined) return `${scheme}${namespace}/${uri.slice(scheme.length)}`;
  const needsFragment = !uri.includes('#') || uri.endsWith('#');
  return `${uri}${needsFragment ? '#' : ''}${DIRECTIVE}${namespace}`;
}

/**
 * Reads a public URI. A URI that was expanded from a public template is read as the URI from the app's own template.
 * @returns undefined if the URI names no app
 */
export function readPublicUri(uri: string): NamespacedUri | undefined {
  const scheme = SEGMENTED.exec(uri)?.[0];
  if (scheme !== undefined) {
    const end = uri.indexOf('/', scheme.length);
    if (end <= scheme.length) return undefined;
    return { namespace: uri.slice(scheme.length, end), uri: `${scheme}${uri.slice(end + 1)}` };
  }
  const start = uri.lastIndexOf(DIRECTIVE);
  if (start < 0) return undefined;
  const own = uri.slice(0, start);
  const namespace = uri.slice(start + DIRECTIVE.length);
  return { namespace, uri: own.endsWith('#') ? own.slice(0, -1) : own };
}

/**
 * Returns whether a URI may be both: the public URI of one app, and the own URI of another app. Such a URI must never be looked up as an
 * own URI, or an app could take over the public URIs of others.
 */
export const isAmbiguous = (uri: string): boolean => SEGMENTED.test(uri);
