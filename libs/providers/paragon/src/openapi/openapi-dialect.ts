import type { JsonObject } from '@manifold/tool-provider';

/** Converts the OpenAPI keywords of this schema to JSON Schema 2020-12. Nested schemas are not converted. */
export function withoutOpenApiDialect(schema: JsonObject): JsonObject {
  return nullable(withExamples(withUsableChecks(withNumericBounds(schema))));
}

/** Converts numeric bounds: in OpenAPI 3.0, `exclusiveMinimum: true` makes `minimum` exclusive. */
function withNumericBounds(schema: JsonObject): JsonObject {
  const { exclusiveMinimum, exclusiveMaximum, minimum, maximum, ...rest } = schema;
  return {
    ...rest,
    ...bound('minimum', 'exclusiveMinimum', minimum, exclusiveMinimum),
    ...bound('maximum', 'exclusiveMaximum', maximum, exclusiveMaximum),
  };
}

function bound(name: string, exclusiveName: string, limit: unknown, exclusive: unknown): JsonObject {
  const given = limit === undefined ? {} : { [name]: limit };
  if (exclusive === true) return limit === undefined ? {} : { [exclusiveName]: limit };
  return exclusive === undefined || exclusive === false ? given : { ...given, [exclusiveName]: exclusive };
}

/**
 * Drops patterns that validators cannot compile, and an empty `enum`, which they refuse. The tool can then still be offered. Validators
 * compile patterns in Unicode mode, which is stricter than the mode that authors usually test with.
 */
function withUsableChecks(schema: JsonObject): JsonObject {
  const { pattern, patternProperties, enum: values, ...rest } = schema;
  const properties = Object.entries((patternProperties ?? {}) as JsonObject).filter(([name]) => isPattern(name));
  return {
    ...rest,
    ...(values !== undefined && !isEmptyList(values) && { enum: values }),
    ...(typeof pattern === 'string' && isPattern(pattern) && { pattern }),
    ...(properties.length > 0 && { patternProperties: Object.fromEntries(properties) }),
  };
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

function withExamples(schema: JsonObject): JsonObject {
  const { example, ...rest } = schema;
  return example === undefined || rest.examples !== undefined ? rest : { ...rest, examples: [example] };
}

function nullable({ nullable: isNullable, ...schema }: JsonObject): JsonObject {
  if (isNullable !== true) return schema;
  const { type, enum: values } = schema;
  if (type === undefined) return { anyOf: [schema, { type: 'null' }] };
  return {
    ...schema,
    type: [...(Array.isArray(type) ? (type as unknown[]) : [type]), ...(isNullType(type) ? [] : ['null'])],
    ...(Array.isArray(values) && !values.includes(null) && { enum: [...(values as unknown[]), null] }),
  };
}

const isNullType = (type: unknown): boolean => type === 'null' || (Array.isArray(type) && type.includes('null'));
