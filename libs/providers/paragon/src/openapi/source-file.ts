import { isObject, type JsonObject } from '@manifold/backend-api';
import { OpenApiFault } from './openapi-fault.js';
import { lineOf, parseText, SyntaxFault } from './source-text.js';

/** Deeper than any description of an API; what comes after may use recursion. */
const MAX_DEPTH = 128;
const SUPPORTED = /^3\.[01](\.\d+)?$/;

/** One file's OpenAPI document, with the way back from a part of it to its line. */
export class SourceFile {
  private constructor(
    private readonly text: string,
    readonly document: JsonObject,
  ) {}

  /** @throws OpenApiFault where the text is no OpenAPI document of version 3.0 or 3.1 */
  static read(text: string): SourceFile {
    const document = parseText(text);
    if (!isObject(document)) throw new SyntaxFault('it holds no OpenAPI document', 1);
    if (isDeeper(document, MAX_DEPTH)) throw new SyntaxFault(`it is nested more than ${MAX_DEPTH} levels deep`);
    const file = new SourceFile(text, document);
    const fault = faultOf(document);
    if (fault) throw new SyntaxFault(fault.reason, file.lineAt([fault.key]));
    return file;
  }

  /** The line of the part that is at fault, where it is known. */
  lineOf(fault: OpenApiFault): number | undefined {
    const path = fault.part && pathTo(this.document, fault.part);
    return path && this.lineAt(path);
  }

  private lineAt(path: readonly string[]): number | undefined {
    return lineOf(this.text, path);
  }
}

function faultOf({ openapi, swagger, paths }: JsonObject): { key: string; reason: string } | undefined {
  if (swagger !== undefined) return { key: 'swagger', reason: 'it is Swagger 2.0: convert it to OpenAPI 3.0 or 3.1' };
  if (openapi === undefined) return { key: 'openapi', reason: '"openapi" is missing: it names the version' };
  // YAML reads a bare 3.1 as a number.
  if (!SUPPORTED.test(String(openapi))) {
    return { key: 'openapi', reason: `OpenAPI ${JSON.stringify(openapi)} is not supported: 3.0 and 3.1 are` };
  }
  if (!isObject(paths)) return { key: 'paths', reason: '"paths" is missing or not an object' };
  return undefined;
}

/** An alias of YAML that contains itself is infinitely deep. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function pathTo(root: object, part: object): string[] | undefined {
  const seen = new Set<object>();
  const search = (node: object, path: readonly string[]): string[] | undefined => {
    if (node === part) return [...path];
    if (seen.has(node)) return undefined;
    seen.add(node);
    for (const [key, inner] of Object.entries(node)) {
      const found = typeof inner === 'object' && inner !== null ? search(inner as object, [...path, key]) : undefined;
      if (found) return found;
    }
    return undefined;
  };
  return search(root, []);
}
