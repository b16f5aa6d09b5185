import { isObject, type JsonObject } from '@manifold/backend-api';
import { essenceOf, isJson } from './media-type.js';
import { OpenApiFault } from './openapi-fault.js';
import type { References } from './references.js';

/** What an operation takes as its body: what sending it takes. */
export interface RequestBody {
  readonly required: boolean;
  /** The type under which JSON is sent; undefined where the operation takes none. */
  readonly contentType?: string;
  /** The types that it takes: for the refusal of those that cannot be sent. */
  readonly offered: readonly string[];
}

/** A body as its document describes it. */
export interface DescribedBody extends RequestBody {
  readonly description?: string;
  /** Not yet read. */
  readonly schema: unknown;
  /** What holds the schema. */
  readonly source: JsonObject;
}

/**
 * @returns undefined where the operation has no body: a GET never does (RFC 9110, section 9.3.1)
 * @throws OpenApiFault
 */
export function requestBodyOf(
  method: string,
  operation: JsonObject,
  references: References,
): DescribedBody | undefined {
  if (method === 'GET' || operation.requestBody === undefined) return undefined;
  const source = references.resolve(operation.requestBody);
  if (!isObject(source) || !isObject(source.content)) {
    throw new OpenApiFault('its request body has no content', isObject(source) ? source : operation);
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

/** Many documents leave `required` out, though the body has fields that must be there. */
function isRequired({ required }: JsonObject, schema: unknown, references: References): boolean {
  if (typeof required === 'boolean') return required;
  const described = references.resolve(schema);
  return isObject(described) && Array.isArray(described.required) && described.required.length > 0;
}
