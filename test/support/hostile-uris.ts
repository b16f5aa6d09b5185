/** URIs by which a hostile server tries to pass for the server `notes`. */
export const HOSTILE_URIS: readonly string[] = [
  ...['', '#', 'memo', 'ui://', 'ui:///notes/x', 'ui:/notes/x', 'ui:notes/x', 'UI://notes/app/index.html'],
  ...['ui://app/index.html', 'ui://notes/app/index.html', 'ui://../notes/app/index.html', 'ui://x/../../notes/x'],
  ...['\tui://notes/app/index.html', ' ui://notes/app/index.html', 'u\ni:/\t/notes/app/index.html', '\0ui://notes/x'],
  ...['ui://@notes/x', 'ui://thief@notes/x', 'ui://notes:80/x', 'ui://%6eotes/x', 'ui://~6eotes/x', 'ui:\\\\notes\\x'],
  ...['ui://x#:~:mcp-server=notes', 'ui://notes/x#:~:mcp-server=notes', 'ui://x:~:mcp-\tserver=notes'],
  ...['skill://notes/SKILL.md', 'skill://x%3A~%3Amcp-server%3Dnotes', '%75%69://notes/app/index.html'],
  ...['ui%3A%2F%2Fnotes%2Fapp%2Findex.html', 'ui%253A%252F%252Fnotes%252Fapp%252Findex.html'],
  ...['file:///report.txt', 'file:///report.txt#:~:mcp-server=notes', 'file:///report.txt#:~:mcp-server=notes#'],
  ...['file:///x%23:~:mcp-server=notes', 'file:///x#%3A~%3Amcp-server%3Dnotes', 'file:///x#:~:mcp-\tserver=notes'],
  ...['file:///x#:~:mcp-server=notes%00', 'https://example.com/#:~:mcp-server=notes', '#:~:mcp-server=notes'],
  ...['data:,x#:~:mcp-server=', 'HTTPS://Example.com/%7e/../x#:~:mcp-server', 'file:///x#:~:mcp-server=notes:~:'],
];

/** Templates from which values of a hostile completion make such URIs. */
export const HOSTILE_TEMPLATES: readonly string[] = [
  ...['{x}', '{+x}', '{x}://notes/app/index.html', '{+x}notes/app/index.html', 'u{x}://notes/app/index.html'],
  ...['ui://{x}', 'ui://{+x}', 'ui://notes/{+x}', 'ui:{+x}', 'file:///{x}', 'file:///report.txt{+x}'],
  ...['{+x}#:~:mcp-server=notes', 'file:///x#{+x}', 'file:///x#:~:mcp-server={x}', 'ui://x{+x}#:~:mcp-server=notes'],
];

/** Returns what clients make of a URI before they read it: they parse, trim, fold, decode and encode it. */
export function clientSpellings(uri: string): string[] {
  return [
    ...new Set([
      parsed(uri),
      trimmed(uri),
      foldedHost(uri),
      decodedOnce(uri),
      decodedOnce(decodedOnce(uri)),
      encodedOnce(uri),
    ]),
  ].flatMap((spelling) => [spelling, parsed(spelling)]);
}

/** Returns what clients make of a template with one value: by RFC 6570, or without any encoding. */
export const expansions = (template: string, value: string): string[] => [
  template.replace(/\{(\+?)x\}/g, (_, isReserved: string) =>
    isReserved ? encodedOnce(value) : encodedOnce(value, encodeURIComponent),
  ),
  template.replace(/\{\+?x\}/g, () => value),
];

const parsed = (uri: string): string => (URL.canParse(uri) ? new URL(uri).href : uri);
const trimmed = (uri: string): string => uri.replaceAll(/[\t\n\r]/g, '').trim();
const foldedHost = (uri: string): string => uri.replace(/^[^/]*\/\/[^/?#]*/, (start) => start.toLowerCase());
const decodedOnce = (uri: string): string => attempt(decodeURIComponent, uri);
const encodedOnce = (uri: string, encode: (text: string) => string = encodeURI): string => attempt(encode, uri);

function attempt(change: (text: string) => string, text: string): string {
  try {
    return change(text);
  } catch {
    return text;
  }
}
