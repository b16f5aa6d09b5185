import type { JsonObject } from '@manifold/backend-api';

/** What OpenAPI's schemas say in words of their own, said in those of JSON Schema 2020-12. Only this schema, not those inside. */
export function withoutOpenApiDialect(schema: JsonObject): JsonObject {
  return nullable(withExamples(withUsableChecks(withNumericBounds(schema))));
}

/** `exclusiveMinimum: true` makes `minimum` exclusive (OpenAPI 3.0). */
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
 * Validators compile patterns in Unicode mode, which is stricter than what authors test with, and refuse an empty `enum`: neither is
 * a reason to lose the tool.
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
