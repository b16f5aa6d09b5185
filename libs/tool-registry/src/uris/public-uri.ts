/** URI of an app in its own words, and the namespace of the app. */
export interface NamespacedUri {
  readonly namespace: string;
  readonly uri: string;
}

/**
 * Schemes whose public URIs name the app in their host (MCP Apps and skills): `ui://rest` becomes `ui://app/rest`. URL parsers remove
 * blanks before the scheme, and tabs and line breaks anywhere. A URI that has the scheme afterwards counts as one that has it.
 */
const HOSTED = new RegExp(`^[\\0- ]*(?:${spaced('ui://')}|${spaced('skill://')})`, 'i');

/**
 * Start of the text that names the app at the end of all other public URIs: `file:///a` becomes `file:///a#:~:mcp-server=app`. It is a
 * fragment directive, which browsers do not send and hide from pages. URL parsers check or change the host of a URI, but not its fragment.
 */
const DIRECTIVE = ':~:mcp-server=';

/**
 * Returns the public URI of an app's URI or URI template. It depends on nothing else, so it never changes. Two apps never have the same
 * public URI, and {@link readPublicUri} reads it back.
 * @param namespace text of `Namespaces`, which a host and a fragment may have
 */
export function publicUri(namespace: string, uri: string): string {
  const scheme = HOSTED.exec(uri)?.[0];
  if (scheme === undefined) return `${uri}${needsFragment(uri) ? '#' : ''}${DIRECTIVE}${namespace}`;
  const hosted = `${scheme}${namespace}/${uri.slice(scheme.length)}`;
  // A URI that has a directive of its own also ends with that of its app, because the last directive and the host must name the same app.
  return uri.includes(DIRECTIVE) ? `${hosted}${DIRECTIVE}${namespace}` : hosted;
}

/**
 * Reads a public URI. A URI that was expanded from a public template is read as the URI from the app's own template.
 *
 * A client may change a URI before it reads it: it expands templates, and its URL parser normalises. An app could use that to turn its own
 * URI into one with the host of another app. The directive of the app stays at the end, so such a URI names two apps, and is refused.
 * @returns undefined if the URI names no app, or two
 */
export function readPublicUri(uri: string): NamespacedUri | undefined {
  const scheme = HOSTED.exec(uri)?.[0];
  const start = uri.lastIndexOf(DIRECTIVE);
  if (scheme !== undefined) return readHosted(uri, scheme, start);
  if (start < 0) return undefined;
  const own = uri.slice(0, start);
  const namespace = uri.slice(start + DIRECTIVE.length);
  return { namespace, uri: own.endsWith('#') ? own.slice(0, -1) : own };
}

/**
 * Returns whether a URI may be both: the public URI of one app, and the own URI of another app. Such a URI must never be looked up as an
 * own URI, or an app could take over the public URIs of others.
 */
export const isAmbiguous = (uri: string): boolean => HOSTED.test(uri);

function readHosted(uri: string, scheme: string, directive: number): NamespacedUri | undefined {
  const end = uri.indexOf('/', scheme.length);
  if (end <= scheme.length) return undefined;
  const namespace = uri.slice(scheme.length, end);
  if (directive < 0) return { namespace, uri: scheme + uri.slice(end + 1) };
  if (directive <= end || uri.slice(directive + DIRECTIVE.length) !== namespace) return undefined;
  return { namespace, uri: scheme + uri.slice(end + 1, directive) };
}

const needsFragment = (uri: string): boolean => !uri.includes('#') || uri.endsWith('#');

/** Returns the pattern of a text between whose characters tabs and line breaks may be. */
function spaced(text: string): string {
  return [...text].join('[\\t\\n\\r]*');
}
