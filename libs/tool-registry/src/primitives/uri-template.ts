/** Part of a template: literal text or an expression. */
type Part = string | { readonly mayHoldSlashes: boolean };

const EXPRESSION = /\{([^{}]*)\}/g;
/** Operators whose expansion may contain URI separators such as `/`, `?` and `#` (RFC 6570, section 1.2). */
const BROAD = /^[+#./;?&]/;

/**
 * A URI template (RFC 6570) that can only match URIs, not expand. Templates come from an upstream, so no regular expression is built from
 * them: the time of a comparison grows no faster than template and URI do (docs/THREATS.md, threat 26).
 */
export class UriTemplate {
  private readonly parts: readonly Part[];

  constructor(template: string) {
    this.parts = partsOf(template);
  }

  /**
   * Returns whether the URI may come from this template. Each literal text is searched from the left, without backtracking. A URI may
   * therefore not match if the value of an expression contains the literal text that follows it. The owner of such a URI is found like
   * that of any unlisted URI.
   */
  matches(uri: string): boolean {
    let position = 0;
    let open: Part | undefined;
    for (const part of this.parts) {
      if (typeof part !== 'string') {
        open = part;
        continue;
      }
      const found = open === undefined ? (uri.startsWith(part, position) ? position : -1) : uri.indexOf(part, position);
      if (found < 0 || !holds(open, uri.slice(position, found))) return false;
      position = found + part.length;
      open = undefined;
    }
    return open === undefined ? position === uri.length : holds(open, uri.slice(position));
  }
}

const holds = (open: Part | undefined, value: string): boolean =>
  open === undefined || (typeof open !== 'string' && open.mayHoldSlashes) || !/[/?#]/.test(value);

function partsOf(template: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of template.matchAll(EXPRESSION)) {
    if (match.index > end) parts.push(template.slice(end, match.index));
    const expression = { mayHoldSlashes: BROAD.test(match[1]!) };
    // Adjacent expressions are merged: the URI does not show where the first one ends.
    const before = parts.at(-1);
    if (before === undefined || typeof before === 'string') parts.push(expression);
    else parts[parts.length - 1] = { mayHoldSlashes: before.mayHoldSlashes || expression.mayHoldSlashes };
    end = match.index + match[0].length;
  }
  if (end < template.length) parts.push(template.slice(end));
  return parts;
}
