import { Ajv2020 } from 'ajv/dist/2020.js';
import { OpenApiFault } from './openapi-fault.js';
import type { DescribedParameter } from './parameters.js';
import type { References } from './references.js';
import type { DescribedBody } from './request-body.js';
import { MAX_CHARACTERS, SchemaReader, SchemaTooLarge, type Schema } from './schema-reader.js';

/** What an agent fills in. */
export interface Input {
  readonly parameters: readonly DescribedParameter[];
  readonly body?: DescribedBody;
}

/** Only checks schemas against the meta-schema: the arguments are checked by the provider. */
const ajv = new Ajv2020({ strict: false, logger: false });

/**
 * The tool's schema `{params, body}` in JSON Schema 2020-12, without the document's references.
 * @param operation takes the blame for a schema that is none
 * @throws OpenApiFault
 */
export function inputSchemaOf(input: Input, references: References, operation: object): object {
  const schema = withinLimits(input, references);
  if (!ajv.validateSchema(schema)) {
    const [error] = ajv.errors ?? [];
    throw new OpenApiFault(`its schema is not valid: ${error?.instancePath} ${error?.message}`, operation);
  }
  return schema;
}

/** References are replaced by what they name where the limits allow that. */
function withinLimits(input: Input, references: References): object {
  try {
    return assembled(input, new SchemaReader(references, true));
  } catch (error) {
    if (!(error instanceof SchemaTooLarge)) throw error;
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
  if (text.length > MAX_CHARACTERS) throw new SchemaTooLarge('its schema has more than 64 KB');
  // A copy: it holds on to nothing of the document, and has nothing that JSON cannot say.
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

/** What is said of a value where it is used is worth more to the agent than what is said of its type. */
function described(schema: Schema, description: string | undefined): Schema {
  if (description === undefined || schema === false) return schema;
  return { ...(schema === true ? {} : schema), description };
}
