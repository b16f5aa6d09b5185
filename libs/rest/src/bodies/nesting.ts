import type { CST } from 'yaml';

/** The largest structure of a YAML text: levels of maps and sequences, and their items in all. */
export interface YamlBounds {
  readonly depth: number;
  readonly items: number;
}

/**
 * Returns the bound that a YAML text exceeds. It walks the tokens without recursion. Composing a document is recursive, and V8 ends the
 * process if it has to compile a RegExp on an almost full stack.
 */
export function exceededBound(tokens: readonly CST.Token[], most: YamlBounds): keyof YamlBounds | undefined {
  const open: { token: CST.Token | null | undefined; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  let items = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const { token, depth } = next;
    if (token?.type === 'document') open.push({ token: token.value, depth });
    if (!token || !('items' in token)) continue;
    if (depth === most.depth) return 'depth';
    items += token.items.length;
    if (items > most.items) return 'items';
    for (const { key, value } of token.items) {
      open.push({ token: key, depth: depth + 1 }, { token: value, depth: depth + 1 });
    }
  }
  return undefined;
}
