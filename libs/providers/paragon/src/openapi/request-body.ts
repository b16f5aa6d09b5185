import { isObject } from '@manifold/async';
import type { JsonObject } from '@manifold/tool-provider';
import { essenceOf, isJson } from './media-type.js';
import { OpenApiError } from './openapi-error.js';
import type { References } from './references.js';

/** The data that is needed to send the body of an operation. */
export interface RequestBody {
  readonly required: boolean;
  /** The media type for the JSON body; undefined if the operation does not accept JSON. */
  readonly contentType?: string;
  /** The accepted media types, for the error message if none of them can be sent. */
  readonly offered: readonly string[];
}

/** A body as the OpenAPI document describes it. */
export interface DescribedBody extends RequestBody {
  readonly description?: string;
  /** The schema, not read yet. */
  readonly schema: unknown;
  /** The object that contains the schema. */
  readonly source: JsonObject;
}

/**
 * @returns undefined if the operation has no body; a GET never has one (RFC 9110, section 9.3.1)
 * @throws OpenApiError
 */
export function requestBodyOf(
  method: string,
  operation: JsonObject,
  references: References,
): DescribedBody | undefined {
  if (method === 'GET' || operation.requestBody === undefined) return undefined;
  const source = references.resolve(operation.requestBody);
  if (!isObject(source) || !isObject(source.content)) {
    throw new OpenApiError('its request body has no content', isObject(source) ? source : operation);
  }
  const { content, description } = source;
  const offered = Object.keys(content);
  if (offered.length === 0) return undefined;
  const json = offered.filter(isJson);
  const mediaType = json.find((type) => essenceOf(type) === 'application/json') ?? json[0];
  const media = mediaType === undefined ? undefined : references.resolve(content[mediaType]);
  const schema = isObject(media) ? (media.schema ?? {}) : {};
  return {
    required: isRequired(source, schema, references),
    ...(mediaType !== undefined && { contentType: mediaType.includes('*') ? 'application/json' : mediaType }),
    offered,
    ...(typeof description === 'string' && { description }),
    schema,
    source,
  };
}

/** Returns whether the body is required. Many documents omit `required` although the body has required fields. */
function isRequired({ required }: JsonObject, schema: unknown, references: References): boolean {
  if (typeof required === 'boolean') return required;
  const described = references.resolve(schema);
  return isObject(described) && Array.isArray(described.required) && described.required.length > 0;
}
