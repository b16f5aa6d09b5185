import type { CST } from 'yaml';

/**
 * Whether a YAML text nests deeper than this, found out on its tokens, without recursion. Composing a document out of them recurses, and
 * V8 ends the process where it has to compile a RegExp on a stack that is almost used up.
 * @param limit levels of maps and sequences
 */
export function isDeeper(tokens: readonly CST.Token[], limit: number): boolean {
  const open: { token: CST.Token | null | undefined; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { token, depth } = next;
    if (token?.type === 'document') open.push({ token: token.value, depth });
    if (!token || !('items' in token)) continue;
    if (depth === limit) return true;
    for (const { key, value } of token.items) {
      open.push({ token: key, depth: depth + 1 }, { token: value, depth: depth + 1 });
    }
  }
  return false;
}
