import { Injectable } from '@nestjs/common';
import type { CallContext, ToolResult } from '@manifold/tool-provider';
import { publicDefinition, ToolRegistry, UnknownToolError } from '@manifold/tool-registry';
import { readEnableTools, readSearchTools, readToolCall, UnfitArguments } from './dynamic-arguments.js';
import { CALL_TOOL, ENABLE_TOOLS, SEARCH_TOOLS, SESSION_TOOLS, STATELESS_TOOLS } from './dynamic-tools.js';
import type { Params } from './json-rpc.js';
import { JsonText, type Client } from './method-handler.js';
import { ToolCalls } from './tool-calls.js';

/**
 * `mode=dynamic`: instead of all tools of the view, the client gets a few by which it finds, enables and calls the others. No
 * provider is asked before the client wants to know something of its tools.
 */
@Injectable()
export class DynamicMode {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly calls: ToolCalls,
  ) {}

  async list(context: CallContext, { view, enabled }: Client): Promise<JsonText> {
    const own = enabled ? SESSION_TOOLS : STATELESS_TOOLS;
    if (!enabled?.names.length) return new JsonText(JSON.stringify({ tools: own }));
    const catalogue = await this.registry.list(context, view);
    const tools = enabled.names.map((name) => catalogue.find(name)).filter((tool) => tool !== undefined);
    return new JsonText(JSON.stringify({ tools: [...own, ...tools.map(publicDefinition)] }));
  }

  /**
   * Runs one of its own tools, or one that is enabled.
   * @throws UnknownToolError, JsonRpcError; ProviderError for what is not for the model
   */
  async run(name: string, args: Params, context: CallContext, client: Client): Promise<ToolResult> {
    try {
      switch (name) {
        case ENABLE_TOOLS:
          return await this.enable(args, context, client);
        case SEARCH_TOOLS:
          return await this.search(args, context, client);
        case CALL_TOOL:
          return await this.call(args, context, client);
      }
    } catch (error) {
      if (error instanceof UnfitArguments) return refusal(error.message);
      throw error;
    }
    if (!client.enabled?.names.includes(name)) throw new UnknownToolError(name);
    return this.calls.run(name, args, context, client);
  }

  private async enable(args: Params, context: CallContext, { view, enabled }: Client): Promise<ToolResult> {
    if (!enabled)
      return refusal(`Tools are enabled in a session, and there is none. Use ${CALL_TOOL} to run any tool.`);
    const { found, unknown } = await this.registry.find(readEnableTools(args), context, view);
    const names = found.map(({ publicName }) => publicName);
    await enabled.replace(names);
    const lines = [names.length > 0 ? `Enabled tools: ${names.join(', ')}` : 'No tools are enabled'];
    if (unknown.length > 0) lines.push(`Unknown tools: ${unknown.join(', ')}`);
    return inWords(lines.join('\n'));
  }

  private async search(args: Params, context: CallContext, { view }: Client): Promise<ToolResult> {
    const { query, limit } = readSearchTools(args);
    const found = await this.registry.search(query, limit, context, view);
    const tools = found.map(({ publicName, definition: { title, description, inputSchema } }) => ({
      name: publicName,
      title,
      description,
      inputSchema,
    }));
    return inWords(JSON.stringify({ tools }));
  }

  private async call(args: Params, context: CallContext, client: Client): Promise<ToolResult> {
    const call = readToolCall(args);
    try {
      return await this.calls.run(call.name, call.arguments, context, client);
    } catch (error) {
      if (!(error instanceof UnknownToolError)) throw error;
      return refusal(`${error.message}. Use ${SEARCH_TOOLS} to find the tools that there are.`);
    }
  }
}

const inWords = (text: string): ToolResult => ({ content: [{ type: 'text', text }] });

/** What the model can read and do better. */
const refusal = (text: string): ToolResult => ({ ...inWords(text), isError: true });
