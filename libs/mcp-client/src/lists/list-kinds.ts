import type { ListKind } from './paged-list.js';
import type { RawObject } from '../protocol/upstream-connection.js';

const MAX_SCHEMA_LENGTH = 64 * 1024;
/** Valid names: twice the length that the specification allows for tools, without control characters, which could not be shown. */
const NAME = /^\P{Cc}{1,256}$/u;
/** Valid URIs and URI templates. Spaces are not valid in URIs, but servers use them. */
const URI = /^\P{Cc}{1,4096}$/u;

const isName = (value: string): boolean => NAME.test(value);
const isUri = (value: string): boolean => URI.test(value);

export const TOOLS: ListKind = {
  method: 'tools/list',
  field: 'tools',
  one: 'tool',
  many: 'tools',
  key: 'name',
  isKey: isName,
  fault: ({ inputSchema, outputSchema }: RawObject) => {
    const isTooLarge = (schema: unknown): boolean =>
      schema !== undefined && JSON.stringify(schema).length > MAX_SCHEMA_LENGTH;
    return [inputSchema, outputSchema].some(isTooLarge) ? 'a schema of it has more than 64 KB' : undefined;
  },
};

export const RESOURCES: ListKind = {
  method: 'resources/list',
  field: 'resources',
  one: 'resource',
  many: 'resources',
  key: 'uri',
  isKey: isUri,
};

export const TEMPLATES: ListKind = {
  method: 'resources/templates/list',
  field: 'resourceTemplates',
  one: 'resource template',
  many: 'resource templates',
  key: 'uriTemplate',
  isKey: isUri,
};

export const PROMPTS: ListKind = {
  method: 'prompts/list',
  field: 'prompts',
  one: 'prompt',
  many: 'prompts',
  key: 'name',
  isKey: isName,
};
