import { isObject } from '@manifold/async';
import type { JsonObject } from '@manifold/tool-provider';
import { OpenApiError } from './openapi-error.js';
import { lineOf, parseText, OpenApiSyntaxError } from './source-text.js';

/** Maximum nesting depth, which no real API description reaches. It makes recursion in later steps safe. */
const MAX_DEPTH = 128;
const SUPPORTED = /^3\.[01](\.\d+)?$/;

/** The OpenAPI document of one file. It can find the line of each part. */
export class SourceFile {
  private constructor(
    private readonly text: string,
    readonly document: JsonObject,
  ) {}

  /** @throws OpenApiError if the text is not an OpenAPI document of version 3.0 or 3.1 */
  static read(text: string): SourceFile {
    const document = parseText(text);
    if (!isObject(document)) throw new OpenApiSyntaxError('it contains no OpenAPI document', 1);
    if (isDeeper(document, MAX_DEPTH)) throw new OpenApiSyntaxError(`it is nested more than ${MAX_DEPTH} levels deep`);
    const file = new SourceFile(text, document);
    const fault = faultOf(document);
    if (fault) throw new OpenApiSyntaxError(fault.reason, file.lineAt([fault.key]));
    return file;
  }

  /** Returns the line of the invalid part, if it is known. */
  lineOf(fault: OpenApiError): number | undefined {
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

/** Returns whether a value is nested deeper. A YAML alias that contains itself is infinitely deep. */
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
