/** The keywords of JSON Schema 2020-12 and OpenAPI that apply to a request, grouped by their values. All other keywords are dropped. */

/** Keywords with plain values, which are kept unchanged. */
export const PLAIN: ReadonlySet<string> = new Set([
  ...['type', 'format', 'enum', 'const', 'title', 'description', 'default', 'examples', 'deprecated'],
  ...['multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'],
  ...['maxLength', 'minLength', 'pattern', 'contentEncoding', 'contentMediaType'],
  ...['maxItems', 'minItems', 'uniqueItems', 'maxContains', 'minContains'],
  ...['maxProperties', 'minProperties', 'required', 'dependentRequired'],
]);

/** Keywords beside a `$ref` that do not restrict its target. */
export const ANNOTATIONS: ReadonlySet<string> = new Set(['title', 'description', 'default', 'examples', 'deprecated']);

/** Keywords with one schema for a part of the value. */
export const INNER: ReadonlySet<string> = new Set([
  ...['items', 'contains', 'unevaluatedItems', 'additionalProperties', 'unevaluatedProperties', 'propertyNames'],
]);
export const INNER_LIST = 'prefixItems';
export const INNER_MAPS: ReadonlySet<string> = new Set(['properties', 'patternProperties']);

/** Keywords with one schema for the same value as the enclosing schema. */
export const SAME: ReadonlySet<string> = new Set(['not', 'if', 'then', 'else']);
export const SAME_LISTS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf']);
export const SAME_MAP = 'dependentSchemas';
