import type { IncomingHttpHeaders } from 'node:http';
import { isObject } from '@manifold/async';
import type { ToolDefinition } from '@manifold/tool-provider';
import { decodeHeader, mismatch } from './header-value.js';
import type { Params } from './json-rpc.js';

/** A tool parameter that clients repeat in an HTTP header (`x-mcp-header`). */
interface ParamHeader {
  readonly path: readonly string[];
  /** Header name in lower case, as Node reports it. */
  readonly header: string;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const MAX_DEPTH = 32;
const PRIMITIVES: readonly unknown[] = ['string', 'integer', 'boolean'];
const NONE: readonly ParamHeader[] = [];

/** Cache of the parameter headers of each tool definition, so that each schema is searched once. */
const known = new WeakMap<ToolDefinition, readonly ParamHeader[]>();

/**
 * Compares the headers `Mcp-Param-*` of a `tools/call` with its arguments (2026-07-28, basic/transports/streamable-http, "Server
 * behavior for custom headers"). Headers that the tool definition does not name are ignored.
 * @throws JsonRpcError 400 / -32020
 */
export function checkParamHeaders(definition: ToolDefinition, args: Params, headers: IncomingHttpHeaders): void {
  let annotated = known.get(definition);
  if (!annotated) known.set(definition, (annotated = paramHeadersOf(definition.inputSchema)));
  for (const { path, header } of annotated) {
    const value = path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), args);
    const given = headers[header];
    if (value === undefined || value === null) {
      if (given !== undefined) throw mismatch(`${header} has no value in the body`);
    } else if (given === undefined) {
      throw mismatch(`${header} is missing`);
    } else if (!isSame(decodeHeader(String(given)), value)) {
      throw mismatch(`${header} differs from the body`);
    }
  }
}

function isSame(text: string | undefined, value: unknown): boolean {
  if (text === undefined) return false;
  if (typeof value === 'number') return text.trim() !== '' && Number(text) === value;
  return (typeof value === 'string' || typeof value === 'boolean') && text === String(value);
}

/** Finds `x-mcp-header` annotations. Only a chain of `properties` is searched. Anywhere else, the annotation is an error of the tool. */
function paramHeadersOf(schema: unknown): readonly ParamHeader[] {
  const found: ParamHeader[] = [];
  const visit = (node: unknown, path: readonly string[]): void => {
    if (!isObject(node) || path.length > MAX_DEPTH) return;
    const { 'x-mcp-header': name, type, properties } = node;
    if (typeof name === 'string' && TOKEN.test(name) && PRIMITIVES.includes(type)) {
      found.push({ path, header: `mcp-param-${name.toLowerCase()}` });
    }
    if (isObject(properties)) for (const key of Object.keys(properties)) visit(properties[key], [...path, key]);
  };
  visit(schema, []);
  return found.length > 0 ? found : NONE;
}
