import { isObject } from '@manifold/async';
import type { ListedItem, ListKind } from './paged-list.js';
import { schemaOfObject } from './mend-item.js';
import { OFFICIAL } from './official-schemas.js';

/** Tools of popular servers have schemas of more than 64 KB. `everyPage` bounds all large ones of a server together. */
const MAX_SCHEMA_LENGTH = 1024 * 1024;
/** Valid names: twice the length that the specification allows for tools, without control characters, which could not be shown. */
const NAME = /^\P{Cc}{1,256}$/u;
/** Valid URIs and URI templates. Spaces are not valid in URIs, but servers use them. */
const URI = /^\P{Cc}{1,4096}$/u;

const isName = (value: string): boolean => NAME.test(value);
const isUri = (value: string): boolean => URI.test(value);

/** Completes an item that has no name: its URI serves as one. */
const namedBy =
  (key: string) =>
  (item: ListedItem): undefined => {
    if (typeof item.name !== 'string') item.name = item[key];
  };

export const TOOLS: ListKind = {
  method: 'tools/list',
  field: 'tools',
  one: 'tool',
  many: 'tools',
  key: 'name',
  isKey: isName,
  schemas: OFFICIAL.tool,
  complete: (tool) => {
    const { inputSchema, outputSchema } = tool;
    const isTooLarge = (schema: unknown): boolean =>
      schema !== undefined && JSON.stringify(schema).length > MAX_SCHEMA_LENGTH;
    if ([inputSchema, outputSchema].some(isTooLarge)) return 'a schema of it has more than 1 MB';
    const input = schemaOfObject(inputSchema);
    if (!input) return 'its inputSchema does not describe an object';
    const output = isObject(outputSchema) ? schemaOfObject(outputSchema) : undefined;
    Object.assign(tool, { inputSchema: input });
    if (output) Object.assign(tool, { outputSchema: output });
    else if (outputSchema !== undefined) delete tool.outputSchema;
    return undefined;
  },
};

export const RESOURCES: ListKind = {
  method: 'resources/list',
  field: 'resources',
  one: 'resource',
  many: 'resources',
  key: 'uri',
  isKey: isUri,
  schemas: OFFICIAL.resource,
  complete: namedBy('uri'),
};

export const TEMPLATES: ListKind = {
  method: 'resources/templates/list',
  field: 'resourceTemplates',
  one: 'resource template',
  many: 'resource templates',
  key: 'uriTemplate',
  isKey: isUri,
  schemas: OFFICIAL.template,
  complete: namedBy('uriTemplate'),
};

export const PROMPTS: ListKind = {
  method: 'prompts/list',
  field: 'prompts',
  one: 'prompt',
  many: 'prompts',
  key: 'name',
  isKey: isName,
  schemas: OFFICIAL.prompt,
};
