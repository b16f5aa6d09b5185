import { isObject } from '@manifold/async';
import { OpenApiError } from './openapi-error.js';
import { isReference, type References } from './references.js';
import { SAME, SAME_LISTS, SAME_MAP } from './schema-keywords.js';

const MAX_CHAIN = 256;

/**
 * Finds schemas that contain themselves through `$ref`, `allOf` and similar keywords without a step into the value. A check against such
 * a schema would never end. A schema that contains itself inside its properties or items is valid.
 */
export class EndlessSchemas {
  private readonly finite = new Set<unknown>();

  constructor(private readonly references: References) {}

  has(schema: unknown): boolean {
    return this.leadsBack(schema, new Set());
  }

  private leadsBack(schema: unknown, above: Set<unknown>): boolean {
    if (!isObject(schema) || this.finite.has(schema)) return false;
    if (above.has(schema)) return true;
    if (above.size === MAX_CHAIN) throw new OpenApiError(`more than ${MAX_CHAIN} schemas refer to each other`, schema);
    above.add(schema);
    if (this.partsOf(schema).some((part) => this.leadsBack(part, above))) return true;
    above.delete(schema);
    this.finite.add(schema);
    return false;
  }

  private partsOf(schema: Readonly<Record<string, unknown>>): unknown[] {
    const parts = Object.entries(schema).flatMap(([keyword, value]) => {
      if (SAME.has(keyword)) return [value];
      if (SAME_LISTS.has(keyword) && Array.isArray(value)) return value as unknown[];
      return keyword === SAME_MAP && isObject(value) ? Object.values(value) : [];
    });
    return isReference(schema) ? [...parts, this.references.target(schema)] : parts;
  }
}
