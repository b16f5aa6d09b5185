import type { SpanAttributes } from '@manifold/tool-provider';
import type { Params, RequestId } from './json-rpc.js';

/** Longer names are none that a server would have. */
const LONGEST = 128;

/** OpenTelemetry, "Semantic conventions for Model Context Protocol": the method, and what it is about where that has a name. */
export function spanName(method: string, { name }: Params): string {
  return isNamed(method) && typeof name === 'string' ? `${method} ${name.slice(0, LONGEST)}` : method;
}

/** Of the same conventions, without session ids and resource URIs: those may be secret. */
export function spanAttributes(id: RequestId, method: string, { name }: Params): SpanAttributes {
  const about = typeof name === 'string' ? name.slice(0, LONGEST) : undefined;
  return {
    'mcp.method.name': method,
    'jsonrpc.request.id': String(id).slice(0, LONGEST),
    'network.transport': 'tcp',
    ...(method === 'tools/call' && { 'gen_ai.operation.name': 'execute_tool' }),
    ...(method === 'tools/call' && about !== undefined && { 'gen_ai.tool.name': about }),
    ...(method === 'prompts/get' && about !== undefined && { 'gen_ai.prompt.name': about }),
  };
}

const isNamed = (method: string): boolean => method === 'tools/call' || method === 'prompts/get';
