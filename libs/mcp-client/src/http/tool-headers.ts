import type { ToolDefinition } from '@manifold/tool-provider';
import { headersFor, paramHeadersOf, type ParamHeader } from './param-headers.js';
import type { RpcRequest } from '../protocol/transport.js';

const NONE: Readonly<Record<string, string>> = {};

/** Knows which tool parameters a server requires in headers as well, from its last listing. */
export class ToolHeaders {
  private wanted?: ReadonlyMap<string, readonly ParamHeader[]>;

  /** Whether the server has listed its tools. */
  get isKnown(): boolean {
    return this.wanted !== undefined;
  }

  update(tools: readonly ToolDefinition[]): void {
    const wanted = tools.map(({ name, inputSchema }) => [name, paramHeadersOf(inputSchema)] as const);
    this.wanted = new Map(wanted.filter(([, headers]) => headers.length > 0));
  }

  of({ method, params }: RpcRequest): Readonly<Record<string, string>> {
    const wanted = method === 'tools/call' ? this.wanted?.get(String(params.name)) : undefined;
    return wanted ? headersFor(wanted, params.arguments) : NONE;
  }
}
