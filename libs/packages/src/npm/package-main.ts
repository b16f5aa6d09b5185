import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '@manifold/async';

/** Export conditions that apply when Node imports a package. The first matching key of `exports` wins, as in Node. */
const CONDITIONS = new Set(['node', 'import', 'module-sync', 'require', 'default']);
/** Suffixes that `main` may omit. */
const SUFFIXES = ['', '.js', '.mjs', '.cjs', '/index.js'];
/** Maximum depth of nested conditions. Without a limit, deep nesting could overflow the stack. */
const MAX_DEPTH = 8;

/**
 * Finds the module that a package exports by default (Node, "Package entry points").
 * @returns its path in the package; undefined if there is none
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

/** Returns the export of the package root. `exports` is either a single export or has one export per subpath. */
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
