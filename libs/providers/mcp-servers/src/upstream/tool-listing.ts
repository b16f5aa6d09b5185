import { ProviderError, type ToolDefinition } from '@manifold/tool-provider';
import type { JsonRpcConnection } from './json-rpc-connection.js';
import type { LogRing } from './log-ring.js';
import { isObject } from './rpc-values.js';
import type { RawObject } from './upstream-connection.js';

const MAX_PAGES = 1000;
const MAX_TOOLS = 10_000;
/** Of all definitions together, in characters of JSON. */
const MAX_LISTING_LENGTH = 32 * 1024 * 1024;
const MAX_SCHEMA_LENGTH = 64 * 1024;
const MAX_DEPTH = 32;
/** Twice what the specification allows, but nothing that could not be shown. */
const TOOL_NAME = /^\P{Cc}{1,256}$/u;
const METHOD_NOT_FOUND = -32601;

/** Every page of `tools/list`, bounded (threat 26): a hostile server costs some log lines, not the gateway. */
export async function listAllTools(
  rpc: JsonRpcConnection,
  log: LogRing,
  signal: AbortSignal,
): Promise<readonly ToolDefinition[]> {
  const listing = new ToolListing(log);
  let params: RawObject | undefined = {};
  while (params) {
    const page = await rpc.request('tools/list', params, { signal }).catch(noTools);
    params = listing.addPage(page);
  }
  return listing.tools;
}

/** A server without tools need not know the method. */
function noTools(error: unknown): RawObject {
  if (error instanceof ProviderError && error.rpcError?.code === METHOD_NOT_FOUND) return { tools: [] };
  throw error;
}

class ToolListing {
  readonly tools: ToolDefinition[] = [];
  private readonly names = new Set<string>();
  private readonly cursors = new Set<string>();
  private length = 0;

  constructor(private readonly log: LogRing) {}

  /** @returns the parameters that ask for the next page, if there is one to ask for */
  addPage({ tools, nextCursor }: RawObject): RawObject | undefined {
    if (!Array.isArray(tools))
      throw new ProviderError('upstream_rejected', 'The server gave a list of tools that is none');
    if (!tools.every((tool) => this.add(tool))) return this.cut(`after ${this.tools.length} tools: it is too long`);
    if (typeof nextCursor !== 'string') return undefined;
    if (this.cursors.has(nextCursor)) return this.cut('where its pages repeat');
    if (this.cursors.size === MAX_PAGES - 1) return this.cut(`after ${MAX_PAGES} pages`);
    this.cursors.add(nextCursor);
    return { cursor: nextCursor };
  }

  /** @returns whether there was room for it */
  private add(tool: unknown): boolean {
    const fault = faultOf(tool, this.names);
    if (fault !== undefined) {
      const name = isObject(tool) && typeof tool.name === 'string' ? ` "${tool.name.slice(0, 100)}"` : '';
      this.log.add(`The tool${name} was dropped: ${fault}`, 'error');
      return true;
    }
    this.length += JSON.stringify(tool).length;
    if (this.tools.length === MAX_TOOLS || this.length > MAX_LISTING_LENGTH) return false;
    const definition = tool as ToolDefinition;
    this.names.add(definition.name);
    this.tools.push(definition);
    return true;
  }

  private cut(where: string): undefined {
    this.log.add(`The list of tools was cut ${where}`, 'error');
  }
}

/** Why the tool cannot be offered. Depth comes before size: a deep value overflows JSON.stringify. */
function faultOf(tool: unknown, taken: ReadonlySet<string>): string | undefined {
  if (!isObject(tool) || typeof tool.name !== 'string' || !TOOL_NAME.test(tool.name)) return 'it has no valid name';
  if (taken.has(tool.name)) return 'its name occurs twice';
  if (isDeeper(tool, MAX_DEPTH)) return `it is nested more than ${MAX_DEPTH} levels deep`;
  const schemas = [tool.inputSchema, tool.outputSchema];
  if (schemas.some((schema) => schema !== undefined && JSON.stringify(schema).length > MAX_SCHEMA_LENGTH)) {
    return 'a schema of it has more than 64 KB';
  }
  return undefined;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
