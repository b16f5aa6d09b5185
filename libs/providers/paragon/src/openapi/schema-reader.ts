import { isObject } from '@manifold/async';
import { EndlessSchemas } from './endless-schema.js';
import type { JsonObject } from '@manifold/tool-provider';
import { withoutOpenApiDialect } from './openapi-dialect.js';
import { OpenApiError } from './openapi-error.js';
import { isReference, segmentsOf, type Reference, type References } from './references.js';
import { ANNOTATIONS, INNER, INNER_LIST, INNER_MAPS, PLAIN, SAME, SAME_LISTS, SAME_MAP } from './schema-keywords.js';

export type Schema = boolean | Record<string, unknown>;

/** Limits of a tool's schema (docs/THREATS.md, threat 26). */
const MAX_DEPTH = 32;
const MAX_SUBSCHEMAS = 500;
export const MAX_CHARACTERS = 64 * 1024;

/** Thrown if a schema exceeds the limits. It may fit if references are kept instead of replaced. */
export class SchemaTooLargeError extends OpenApiError {}

/**
 * Converts the schemas of one operation to JSON Schema 2020-12. Schemas of OpenAPI 3.0 and 3.1 are read in the same way, because the
 * special keywords of 3.0 (`nullable`, `exclusiveMinimum: true`, `example`) have no other meaning in 3.1.
 *
 * References are replaced with their targets, because many clients cannot resolve them. Circular references become `#/$defs/...`, and if
 * `inline` is false, all references do.
 */
export class SchemaReader {
  private readonly definitions = new Map<unknown, { readonly name: string; schema: Schema }>();
  private readonly open = new Set<unknown>();
  private readonly endless: EndlessSchemas;
  private subschemas = 0;
  private characters = 0;

  constructor(
    private readonly references: References,
    private readonly inline: boolean,
  ) {
    this.endless = new EndlessSchemas(references);
  }

  /** The `$defs` that the converted schemas refer to. The enclosing schema must contain them. */
  get $defs(): Record<string, Schema> {
    return Object.fromEntries([...this.definitions.values()].map(({ name, schema }) => [name, schema]));
  }

  /** @throws OpenApiError */
  read(schema: unknown, owner: object): Schema {
    if (this.endless.has(schema)) throw new OpenApiError('a schema refers only to itself', owner);
    return this.convert(schema, owner, 0);
  }

  private convert(schema: unknown, owner: object, depth: number): Schema {
    if (typeof schema === 'boolean') return schema;
    if (!isObject(schema)) throw new OpenApiError('a schema is missing or is not an object', owner);
    this.subschemas += 1;
    if (depth > MAX_DEPTH || this.subschemas > MAX_SUBSCHEMAS) {
      throw new SchemaTooLargeError(`its schema has more than ${MAX_SUBSCHEMAS} parts or ${MAX_DEPTH} levels`, schema);
    }
    const plain = withoutOpenApiDialect(schema);
    const inner = (value: unknown): Schema => this.convert(value, schema, depth + 1);
    const own = withoutReadOnly(this.keywords(plain, schema, inner), this.readOnlyOf(plain));
    return isReference(schema) && isReference(plain) ? beside(own, this.named(schema, depth)) : own;
  }

  private keywords(schema: JsonObject, owner: object, inner: (value: unknown) => Schema): Record<string, unknown> {
    const entries = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
      this.count(keyword.length);
      if (PLAIN.has(keyword)) return [[keyword, this.counted(value)]];
      if (INNER.has(keyword) || SAME.has(keyword)) return [[keyword, inner(value)]];
      if (SAME_LISTS.has(keyword) || keyword === INNER_LIST) return [[keyword, listOf(value, owner).map(inner)]];
      if (INNER_MAPS.has(keyword) || keyword === SAME_MAP) return [[keyword, this.map(value, owner, inner)]];
      return [];
    });
    return Object.fromEntries(entries);
  }

  private map(value: unknown, owner: object, inner: (value: unknown) => Schema): Record<string, Schema> {
    if (!isObject(value)) throw new OpenApiError('the properties of a schema are not an object', owner);
    return Object.fromEntries(
      Object.entries(value).map(([name, schema]) => {
        this.count(name.length);
        return [name, inner(schema)];
      }),
    );
  }

  private named(reference: Reference, depth: number): Schema {
    const target = this.references.target(reference);
    if (this.endless.has(target)) throw new OpenApiError('a schema refers only to itself', reference);
    if (!this.inline || this.open.has(target)) return { $ref: `#/$defs/${this.define(reference, target)}` };
    this.open.add(target);
    const schema = this.convert(target, reference, depth + 1);
    this.open.delete(target);
    return schema;
  }

  private define(reference: Reference, target: unknown): string {
    const known = this.definitions.get(target);
    if (known) return known.name;
    const last = segmentsOf(reference.$ref)
      .at(-1)!
      .replaceAll(/[^A-Za-z0-9_-]/g, '_');
    const isTaken = [...this.definitions.values()].some(({ name }) => name === last);
    const definition = { name: isTaken ? `${last}_${this.definitions.size}` : last, schema: true as Schema };
    this.definitions.set(target, definition);
    definition.schema = this.convert(target, reference, 0);
    return definition.name;
  }

  private readOnlyOf({ properties }: JsonObject): Set<string> {
    if (!isObject(properties)) return new Set();
    const isReadOnly = (value: unknown): boolean => isObject(value) && value.readOnly === true;
    const names = Object.keys(properties).filter(
      (name) => isReadOnly(properties[name]) || isReadOnly(this.references.resolve(properties[name])),
    );
    return new Set(names);
  }

  private counted(value: unknown): unknown {
    this.count(JSON.stringify(value)?.length ?? 0);
    return value;
  }

  private count(characters: number): void {
    this.characters += characters;
    if (this.characters > MAX_CHARACTERS) throw new SchemaTooLargeError('its schema has more than 64 KB');
  }
}

/** Combines the target of a reference with the keywords beside the reference, which also apply. */
function beside(own: Record<string, unknown>, target: Schema): Schema {
  const keywords = Object.keys(own);
  if (keywords.length === 0) return target;
  if (typeof target === 'object' && keywords.every((keyword) => ANNOTATIONS.has(keyword))) return { ...target, ...own };
  const others = (own.allOf as Schema[] | undefined) ?? [];
  return { ...own, allOf: [...others, target] };
}

/** Removes read-only properties, which a request does not contain. For them, `required` applies to the response only. */
function withoutReadOnly(schema: Record<string, unknown>, readOnly: ReadonlySet<string>): Record<string, unknown> {
  if (readOnly.size === 0) return schema;
  const { properties, required } = schema;
  const kept = Object.entries(properties as Record<string, Schema>).filter(([name]) => !readOnly.has(name));
  const stripped = { ...schema, properties: Object.fromEntries(kept) };
  if (!Array.isArray(required)) return stripped;
  return { ...stripped, required: required.filter((name: unknown) => !readOnly.has(String(name))) };
}

function listOf(value: unknown, owner: object): unknown[] {
  if (!Array.isArray(value)) throw new OpenApiError('a list of schemas is not a list', owner);
  return value as unknown[];
}
