import { Injectable } from '@nestjs/common';
import { shortName } from '@manifold/async';
import { holdsAccessToken, type Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import type { CallContext, ToolDefinition, ToolResult } from '@manifold/tool-provider';
import { isFor, publicDefinition, ToolRegistry, UnknownToolError } from '@manifold/tool-registry';
import { readEnableTools, readSearchTools, readToolCall, InvalidArgumentsError } from './dynamic-arguments.js';
import {
  CALL_TOOL,
  ENABLE_TOOLS,
  ENABLING_TOOLS,
  SEARCH_TOOLS,
  SESSION_TOOLS,
  STATELESS_TOOLS,
} from './dynamic-tools.js';
import type { Params } from '../json-rpc/json-rpc.js';
import { JsonText, type Client } from './method-handler.js';

/** Runs a tool of the view by its public name. */
type RunTool = (name: string, args: Params) => Promise<ToolResult>;

/**
 * Implements `mode=dynamic`. Instead of all tools of the view, the client gets a few tools with which it finds, enables and calls the
 * others. The gateway contacts no provider before the client searches, enables or calls a tool.
 */
@Injectable()
export class DynamicMode {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly config: Config,
  ) {}

  async list(context: CallContext, { view, enabled, capabilities }: Client): Promise<JsonText> {
    const own = enabled ? this.sessionTools(context.principal) : STATELESS_TOOLS;
    if (!enabled?.names.length) return new JsonText(JSON.stringify({ tools: own }));
    const catalogue = await this.registry.list(context, view);
    const tools = enabled.names.map((name) => catalogue.find(name)).filter((tool) => tool !== undefined);
    const callable = tools.filter((tool) => isFor(tool, capabilities));
    return new JsonText(JSON.stringify({ tools: [...own, ...callable.map(publicDefinition)] }));
  }

  /** Clients of Integration.app expect `enable-tools` alone, as its document says. */
  private sessionTools(principal: Principal): readonly ToolDefinition[] {
    const { integrationApp } = this.config;
    const isAsDocumented =
      integrationApp?.dynamicSearch === false && holdsAccessToken(principal, integrationApp.issuer);
    return isAsDocumented ? ENABLING_TOOLS : SESSION_TOOLS;
  }

  /**
   * Runs one of the tools of dynamic mode itself, or a tool that the client has enabled.
   * @throws UnknownToolError, JsonRpcError; ProviderError for an error that is not shown to the model
   */
  async run(name: string, args: Params, context: CallContext, client: Client, runTool: RunTool): Promise<ToolResult> {
    try {
      switch (name) {
        case ENABLE_TOOLS:
          return await this.enable(args, context, client);
        case SEARCH_TOOLS:
          return await this.search(args, context, client);
        case CALL_TOOL:
          return await this.call(args, runTool);
      }
    } catch (error) {
      if (error instanceof InvalidArgumentsError) return refusal(error.message);
      throw error;
    }
    if (!client.enabled?.names.includes(name)) throw new UnknownToolError(name);
    return runTool(name, args);
  }

  private async enable(args: Params, context: CallContext, { view, enabled }: Client): Promise<ToolResult> {
    if (!enabled) return refusal(`Tools can only be enabled in a session. Use ${CALL_TOOL} to run any tool.`);
    const { found, unknown } = await this.registry.find(readEnableTools(args), context, view);
    const names = found.map(({ publicName }) => publicName);
    await enabled.replace(names);
    const lines = [names.length > 0 ? `Enabled tools: ${names.join(', ')}` : 'No tools are enabled'];
    if (unknown.length > 0) lines.push(`Unknown tools: ${unknown.map(shortName).join(', ')}`);
    return inWords(lines.join('\n'));
  }

  private async search(args: Params, context: CallContext, { view, capabilities }: Client): Promise<ToolResult> {
    const { query, limit } = readSearchTools(args);
    const found = await this.registry.search(query, limit, context, view);
    const callable = found.filter((tool) => isFor(tool, capabilities));
    const tools = callable.map(({ publicName, definition: { title, description, inputSchema } }) => ({
      name: publicName,
      title,
      description,
      inputSchema,
    }));
    return inWords(JSON.stringify({ tools }));
  }

  private async call(args: Params, runTool: RunTool): Promise<ToolResult> {
    const call = readToolCall(args);
    try {
      return await runTool(call.name, call.arguments);
    } catch (error) {
      if (!(error instanceof UnknownToolError)) throw error;
      return refusal(`${error.message}. Use ${SEARCH_TOOLS} to find the available tools.`);
    }
  }
}

const inWords = (text: string): ToolResult => ({ content: [{ type: 'text', text }] });

/** Returns a tool error with a text from which the model can correct its call. */
const refusal = (text: string): ToolResult => ({ ...inWords(text), isError: true });
