import { isObject, type JsonObject } from '@manifold/backend-api';
import { OpenApiFault } from './openapi-fault.js';

export type Reference = JsonObject & { readonly $ref: string };

const MAX_HOPS = 32;

/** Follows `$ref`s inside one document. Nothing outside of it is ever read: neither files nor addresses (SECURITY.md, threat 24). */
export class References {
  constructor(private readonly document: JsonObject) {}

  /**
   * What stands at the end of a chain of references; a value that is no reference is its own end.
   * @throws OpenApiFault
   */
  resolve(value: unknown): unknown {
    let current = value;
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      if (!isReference(current)) return current;
      current = this.target(current);
    }
    throw new OpenApiFault('references lead round in a circle', isObject(value) ? value : undefined);
  }

  /** What one reference names. @throws OpenApiFault */
  target(reference: Reference): unknown {
    const { $ref } = reference;
    if (!$ref.startsWith('#/')) {
      const why = $ref.startsWith('#') ? 'is no path in this file' : 'leads out of this file';
      throw new OpenApiFault(`the reference "${$ref}" ${why}: only "#/..." is followed`, reference);
    }
    const found = segmentsOf($ref).reduce<unknown>(
      (node, segment) => (isContainer(node) && Object.hasOwn(node, segment) ? node[segment] : undefined),
      this.document,
    );
    if (found === undefined) throw new OpenApiFault(`the reference "${$ref}" names nothing`, reference);
    return found;
  }
}

export const isReference = (value: unknown): value is Reference => isObject(value) && typeof value.$ref === 'string';

/** The parts of a JSON pointer in a URI fragment (RFC 6901, section 6). */
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
