import { Ajv2020 } from 'ajv/dist/2020.js';
import { OpenApiError } from './openapi-error.js';
import type { DescribedParameter } from './parameters.js';
import type { References } from './references.js';
import type { DescribedBody } from './request-body.js';
import { MAX_CHARACTERS, SchemaReader, SchemaTooLargeError, type Schema } from './schema-reader.js';

/** The input that an agent provides for an operation. */
export interface Input {
  readonly parameters: readonly DescribedParameter[];
  readonly body?: DescribedBody;
}

/** Used only to check schemas against the meta-schema. The provider checks the arguments. */
const ajv = new Ajv2020({ strict: false, logger: false });

/**
 * Returns the tool's schema `{params, body}` in JSON Schema 2020-12, without references into the document.
 * @param operation the part that an error names if the schema is invalid
 * @throws OpenApiError
 */
export function inputSchemaOf(input: Input, references: References, operation: object): object {
  const schema = withinLimits(input, references);
  if (!ajv.validateSchema(schema)) {
    const [error] = ajv.errors ?? [];
    throw new OpenApiError(`its schema is not valid: ${error?.instancePath} ${error?.message}`, operation);
  }
  return schema;
}

/** Builds the schema. References are replaced with their targets if the result stays within the limits. */
function withinLimits(input: Input, references: References): object {
  try {
    return assembled(input, new SchemaReader(references, true));
  } catch (error) {
    if (!(error instanceof SchemaTooLargeError)) throw error;
    return assembled(input, new SchemaReader(references, false));
  }
}

function assembled({ parameters, body }: Input, reader: SchemaReader): object {
  const params = parameters.length > 0 && paramsSchema(parameters, reader);
  const required = [
    ...(parameters.some((parameter) => parameter.required) ? ['params'] : []),
    ...(body?.required ? ['body'] : []),
  ];
  const properties = { ...(params && { params }), ...(body && { body: bodySchema(body, reader) }) };
  const { $defs } = reader;
  const text = JSON.stringify({
    ...closed(properties, required),
    ...(Object.keys($defs).length > 0 && { $defs }),
  });
  if (text.length > MAX_CHARACTERS) throw new SchemaTooLargeError('its schema has more than 64 KB');
  // A copy keeps no reference to the document in memory, and has only JSON values.
  return JSON.parse(text) as object;
}

function paramsSchema(parameters: readonly DescribedParameter[], reader: SchemaReader): Schema {
  const properties = parameters.map(({ key, schema, source, description }): [string, Schema] => [
    key,
    described(reader.read(schema, source), description),
  ]);
  const required = parameters.filter((parameter) => parameter.required).map(({ key }) => key);
  return closed(Object.fromEntries(properties), required);
}

function bodySchema(
  { schema, source, description, contentType, offered }: DescribedBody,
  reader: SchemaReader,
): Schema {
  if (contentType === undefined) return { description: `Not supported: ${offered.join(', ')}. Only JSON can be sent.` };
  return described(reader.read(schema, source), description);
}

const closed = (properties: Record<string, Schema>, required: readonly string[]): Record<string, unknown> => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  additionalProperties: false,
});

/** Sets the description. The description of the parameter or body replaces that of its schema, because it tells the agent more. */
function described(schema: Schema, description: string | undefined): Schema {
  if (description === undefined || schema === false) return schema;
  return { ...(schema === true ? {} : schema), description };
}
