import { isObject, tupleKey } from '@manifold/async';
import { isDeniedHeader } from '../denied-headers.js';
import type { JsonObject } from '@manifold/tool-provider';
import { isJson } from './media-type.js';
import { OpenApiError } from './openapi-error.js';
import type { References } from './references.js';

export type ParameterPlace = 'path' | 'query' | 'header';

/** A parameter that the agent fills in, with the data that is needed to send it. */
export interface Parameter {
  readonly name: string;
  readonly place: ParameterPlace;
  /** The name in the tool's `params`. It differs from `name` if a parameter of another place has the same name. */
  readonly key: string;
  readonly style: string;
  readonly explode: boolean;
  /** Whether the value is sent as JSON (`content` instead of `schema`). */
  readonly json: boolean;
}

/** A parameter as the OpenAPI document describes it. */
export interface DescribedParameter extends Parameter {
  readonly required: boolean;
  readonly description?: string;
  /** The schema, not read yet. */
  readonly schema: unknown;
  /** The object that contains the schema. */
  readonly source: JsonObject;
}

/** The supported styles of each place. The first one is the default. */
const STYLES: Readonly<Record<ParameterPlace, readonly string[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
};
/** RFC 9110, section 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/** Headers that the gateway sets itself, because they describe the body. */
const BODY_HEADERS = ['accept', 'content-type'];

/**
 * Returns the parameters of an operation and of its path. If both define a parameter, the operation's definition is used. Cookies, headers
 * that agents must not set, and path parameters that the path does not have are left out.
 * @throws OpenApiError
 */
export function parametersOf(
  path: JsonObject,
  operation: JsonObject,
  placeholders: ReadonlySet<string>,
  references: References,
): DescribedParameter[] {
  const listed = [...listOf(path), ...listOf(operation)].map((entry) => referenced(entry, references, operation));
  const unique = new Map(listed.map((source) => [identityOf(source), source]));
  const offered = [...unique.values()].flatMap((source) => parameterOf(source, placeholders, references) ?? []);
  const missing = [...placeholders].find((name) => !offered.some((one) => one.place === 'path' && one.name === name));
  if (missing !== undefined) throw new OpenApiError(`no parameter describes {${missing}} of its path`, operation);
  return withKeys(offered);
}

type Unnamed = Omit<DescribedParameter, 'key'>;

function listOf(owner: JsonObject): unknown[] {
  const { parameters = [] } = owner;
  if (!Array.isArray(parameters)) throw new OpenApiError('"parameters" is not a list', owner);
  return parameters as unknown[];
}

function referenced(entry: unknown, references: References, owner: object): JsonObject {
  const source = references.resolve(entry);
  if (isObject(source) && typeof source.name === 'string' && source.name !== '') return source;
  throw new OpenApiError('a parameter has no name', isObject(source) ? source : owner);
}

const identityOf = ({ in: place, name }: JsonObject): string =>
  tupleKey(place, place === 'header' ? String(name).toLowerCase() : name);

function parameterOf(
  source: JsonObject,
  placeholders: ReadonlySet<string>,
  references: References,
): Unnamed | undefined {
  const name = source.name as string;
  const place = placeOf(source);
  if (place === undefined) return undefined;
  if (place === 'path' && !placeholders.has(name)) return undefined;
  if (place === 'header' && !HEADER_NAME.test(name)) {
    throw new OpenApiError(`the header parameter "${name}" has a name that no header can have`, source);
  }
  const { style = STYLES[place][0], explode, description } = source;
  if (typeof style !== 'string' || !STYLES[place].includes(style)) {
    throw new OpenApiError(`the ${place} parameter "${name}" has the unknown style ${JSON.stringify(style)}`, source);
  }
  return {
    name,
    place,
    required: place === 'path' || source.required === true,
    style,
    explode: typeof explode === 'boolean' ? explode : style === 'form',
    ...schemaOf(source, references),
    ...(typeof description === 'string' && { description }),
    source,
  };
}

/** @returns undefined for a parameter that is not offered */
function placeOf(source: JsonObject): ParameterPlace | undefined {
  const { name, in: place } = source;
  if (place === 'cookie') return undefined;
  if (place === 'path' || place === 'query') return place;
  if (place !== 'header') {
    throw new OpenApiError(`the parameter "${String(name)}" is neither in the path, query, header nor cookie`, source);
  }
  const lower = String(name).toLowerCase();
  return BODY_HEADERS.includes(lower) || isDeniedHeader(lower) ? undefined : place;
}

function schemaOf(source: JsonObject, references: References): { schema: unknown; json: boolean } {
  const { schema, content, name } = source;
  if (schema !== undefined) return { schema, json: false };
  const [entry] = isObject(content) ? Object.entries(content) : [];
  if (!entry) throw new OpenApiError(`the parameter "${String(name)}" has no schema`, source);
  const [mediaType, described] = entry;
  if (!isJson(mediaType)) {
    throw new OpenApiError(
      `the parameter "${String(name)}" is written as ${mediaType}: only JSON is supported`,
      source,
    );
  }
  const media = references.resolve(described);
  return { schema: isObject(media) ? (media.schema ?? {}) : {}, json: true };
}

function withKeys(parameters: readonly Unnamed[]): DescribedParameter[] {
  const taken = new Set<string>();
  return parameters.map((parameter) => {
    const { name, place } = parameter;
    let key = name;
    while (taken.has(key)) key = `${key}_${place}`;
    taken.add(key);
    return { ...parameter, key };
  });
}
