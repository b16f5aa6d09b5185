import { isObject } from '@manifold/async';
import { describe, issueOf, pathOf, type OfficialSchemas } from './official-schemas.js';

type Members = Record<string, unknown>;

/** Largest number of parts that are removed from one item. */
const MAX_REMOVED = 32;

/**
 * Makes an item acceptable to the schemas of the official SDKs: one item that they refuse costs their clients the whole list. Whatever the
 * schema refuses is removed, with its parent if the schema demands it. Members that the schemas do not know stay.
 * @param item is changed in place
 * @returns why clients cannot be shown the item, in the words of the schema. Undefined: they can
 */
export function mendItem(item: Members, schemas: OfficialSchemas): string | undefined {
  for (let removed = 0; ; removed += 1) {
    const issue = issueOf(item, schemas);
    if (!issue) return undefined;
    if (removed === MAX_REMOVED || !removeAt(item, pathOf(issue))) return describe(issue);
  }
}

/**
 * Gives a schema of a tool the form that MCP demands: the schema of an object.
 * @returns the schema, changed in place where possible. Undefined: it describes something else
 */
export function schemaOfObject(schema: unknown): Members | undefined {
  if (!isObject(schema)) return { type: 'object' };
  return withForm(schema as Members);
}

function withForm(schema: Members): Members | undefined {
  const { type, properties } = schema;
  if (type === undefined || type === null || (Array.isArray(type) && type.includes('object'))) schema.type = 'object';
  else if (type !== 'object') return undefined;
  if (isObject(properties)) {
    const members = properties as Members;
    for (const [name, value] of Object.entries(members))
      if (typeof value === 'boolean') members[name] = ofBoolean(value);
  }
  return schema;
}

/** JSON Schema has two schemas that are booleans. The schemas of MCP know objects only. */
const ofBoolean = (isAnything: boolean): Members => (isAnything ? {} : { not: {} });

/**
 * Removes the value at a path, or the smallest part around it that exists.
 * @returns whether there is such a part besides the item itself
 */
function removeAt(item: Members, path: readonly string[]): boolean {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = path.slice(0, length - 1).reduce<unknown>((at, key) => memberOf(at, key), item);
    const key = path[length - 1]!;
    if (memberOf(parent, key) === undefined) continue;
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete (parent as Members)[key];
    return true;
  }
  return false;
}

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Members)[key] : undefined;
