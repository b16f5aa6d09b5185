/** A part of a template: text as it stands, or an expression that stands for other text. */
type Part = string | { readonly mayHoldSlashes: boolean };

const EXPRESSION = /\{([^{}]*)\}/g;
/** Operators whose text may hold what separates the parts of a URI (RFC 6570, section 1.2). */
const BROAD = /^[+#./;?&]/;

/**
 * A URI template (RFC 6570), as far as it says which URIs may come from it. Templates are what an upstream sent: the time that a
 * comparison takes grows no faster than template and URI do (SECURITY.md, threat 26), so no regular expression is made of them.
 */
export class UriTemplate {
  private readonly parts: readonly Part[];

  constructor(template: string) {
    this.parts = partsOf(template);
  }

  /**
   * Each text is looked for from the left, so that a URI may be taken for no match where an expression holds a text that follows it:
   * its owner is then found like that of any unlisted URI.
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
    // Of two expressions side by side nothing tells where one ends.
    const before = parts.at(-1);
    if (before === undefined || typeof before === 'string') parts.push(expression);
    else parts[parts.length - 1] = { mayHoldSlashes: before.mayHoldSlashes || expression.mayHoldSlashes };
    end = match.index + match[0].length;
  }
  if (end < template.length) parts.push(template.slice(end));
  return parts;
}
