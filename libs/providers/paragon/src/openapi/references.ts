import { isObject } from '@manifold/async';
import type { JsonObject } from '@manifold/tool-provider';
import { OpenApiError } from './openapi-error.js';

export type Reference = JsonObject & { readonly $ref: string };

const MAX_HOPS = 32;

/** Resolves `$ref`s inside one document. It never reads other files or URLs (docs/THREATS.md, threat 24). */
export class References {
  constructor(private readonly document: JsonObject) {}

  /**
   * Returns the value at the end of a chain of references. A value that is not a reference is returned as it is.
   * @throws OpenApiError
   */
  resolve(value: unknown): unknown {
    let current = value;
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      if (!isReference(current)) return current;
      current = this.target(current);
    }
    throw new OpenApiError('references form a cycle', isObject(value) ? value : undefined);
  }

  /** Returns the direct target of a reference. @throws OpenApiError */
  target(reference: Reference): unknown {
    const { $ref } = reference;
    if (!$ref.startsWith('#/')) {
      const why = $ref.startsWith('#') ? 'is no path in this file' : 'leads out of this file';
      throw new OpenApiError(`the reference "${$ref}" ${why}: only "#/..." is followed`, reference);
    }
    const found = segmentsOf($ref).reduce<unknown>(
      (node, segment) => (isContainer(node) && Object.hasOwn(node, segment) ? node[segment] : undefined),
      this.document,
    );
    if (found === undefined) throw new OpenApiError(`the reference "${$ref}" does not resolve`, reference);
    return found;
  }
}

export const isReference = (value: unknown): value is Reference => isObject(value) && typeof value.$ref === 'string';

/** Returns the segments of a JSON pointer in a URI fragment (RFC 6901, section 6). */
export function segmentsOf(reference: string): string[] {
  return reference
    .slice(2)
    .split('/')
    .map((segment) => decoded(segment).replaceAll('~1', '/').replaceAll('~0', '~'));
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const isContainer = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
