/** The keywords of JSON Schema 2020-12 and of OpenAPI that say something about a request, by what they hold. All others are left out. */

/** Plain values, kept as they are. */
export const PLAIN: ReadonlySet<string> = new Set([
  ...['type', 'format', 'enum', 'const', 'title', 'description', 'default', 'examples', 'deprecated'],
  ...['multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'],
  ...['maxLength', 'minLength', 'pattern', 'contentEncoding', 'contentMediaType'],
  ...['maxItems', 'minItems', 'uniqueItems', 'maxContains', 'minContains'],
  ...['maxProperties', 'minProperties', 'required', 'dependentRequired'],
]);

/** What may stand beside a `$ref` without narrowing it. */
export const ANNOTATIONS: ReadonlySet<string> = new Set(['title', 'description', 'default', 'examples', 'deprecated']);

/** One schema for a part of the value. */
export const INNER: ReadonlySet<string> = new Set([
  ...['items', 'contains', 'unevaluatedItems', 'additionalProperties', 'unevaluatedProperties', 'propertyNames'],
]);
export const INNER_LIST = 'prefixItems';
export const INNER_MAPS: ReadonlySet<string> = new Set(['properties', 'patternProperties']);

/** Schemas for the same value as the schema that holds them. */
export const SAME: ReadonlySet<string> = new Set(['not', 'if', 'then', 'else']);
export const SAME_LISTS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf']);
export const SAME_MAP = 'dependentSchemas';
