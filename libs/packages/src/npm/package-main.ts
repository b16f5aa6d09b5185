import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What Node looks for when it imports a package; the first key that fits wins, as in Node. */
const CONDITIONS = new Set(['node', 'import', 'module-sync', 'require', 'default']);
/** What `main` may leave out. */
const SUFFIXES = ['', '.js', '.mjs', '.cjs', '/index.js'];
/** Conditions inside conditions: nobody needs more, and endless ones overflow the stack. */
const MAX_DEPTH = 8;

/**
 * The module that a package exports by default (Node, "Package entry points").
 * @returns its path in the package; undefined when there is none
 */
export async function mainOf(
  packageDir: string,
  manifest: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const exported = targetOf(rootExport(manifest.exports));
  if (exported !== undefined) return exported;
  const main = typeof manifest.main === 'string' ? manifest.main : 'index.js';
  for (const suffix of SUFFIXES) {
    const info = await stat(join(packageDir, main + suffix)).catch(() => undefined);
    if (info?.isFile()) return main + suffix;
  }
  return undefined;
}

/** `exports` is one export, or has one for each subpath. */
function rootExport(exports: unknown): unknown {
  return isObject(exports) && '.' in exports ? exports['.'] : exports;
}

function targetOf(target: unknown, depth = 0): string | undefined {
  if (typeof target === 'string') return target;
  if (!isObject(target) || depth > MAX_DEPTH) return undefined;
  for (const [condition, next] of Object.entries(target)) {
    const found = CONDITIONS.has(condition) ? targetOf(next, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
