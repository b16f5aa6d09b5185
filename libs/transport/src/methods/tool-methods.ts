import { Injectable } from '@nestjs/common';
import { isObject } from '@manifold/async';
import { ProviderError, type CallContext, type ToolResult } from '@manifold/tool-provider';
import { errorResult, ToolRegistry, UnknownToolError, type CallGuard } from '@manifold/tool-registry';
import { DynamicMode } from './dynamic-mode.js';
import { invalidParams } from '../json-rpc/json-rpc-error.js';
import type { Params } from '../json-rpc/json-rpc.js';
import { JsonText, type Client, type MethodHandler, type MethodResult } from './method-handler.js';
import { SplicedText } from '../json-rpc/spliced-text.js';
import { TaskIds } from './task-ids.js';
import { urlElicitation, urlInputRequired } from '../sessions/url-elicitation.js';

/** Handles `tools/list` and `tools/call`. */
@Injectable()
export class ToolMethods {
  readonly handlers: Readonly<Record<string, MethodHandler>> = {
    'tools/list': (params, context, client) => this.list(params, context, client),
    'tools/call': (params, context, client) => this.call(params, context, client),
  };

  constructor(
    private readonly registry: ToolRegistry,
    private readonly dynamic: DynamicMode,
    private readonly tasks: TaskIds,
  ) {}

  /** Lists all tools on one page. Any cursor is refused, because the gateway never issues one for this list. */
  private async list(params: Params, context: CallContext, client: Client): Promise<MethodResult> {
    if (params.cursor !== undefined) throw invalidParams('The cursor does not belong to this list');
    if (client.view.isDynamic) return this.dynamic.list(context, client);
    const catalogue = await this.registry.list(context, client.view);
    return new JsonText(new SplicedText('{"tools":', catalogue.jsonFor(client.capabilities), '}'));
  }

  private async call(params: Params, context: CallContext, client: Client): Promise<MethodResult> {
    const { name, arguments: args = {} } = params;
    if (typeof name !== 'string') throw invalidParams('name must be a string');
    if (!isObject(args)) throw invalidParams('arguments must be an object');
    try {
      if (client.view.isDynamic) {
        return await this.dynamic.run(name, args, context, client, (...tool) => this.run(...tool, context, client));
      }
      const result = await this.run(name, args, context, client, client.guard);
      return result.resultType === 'task' ? this.tasks.sealedIn(result, context.principal, client.view.own) : result;
    } catch (error) {
      if (error instanceof UnknownToolError) throw invalidParams(error.message);
      throw error;
    }
  }

  /**
   * Runs a tool of the client's view, and decides whether an error goes to the model, to the user or to the host.
   * @throws UnknownToolError; JsonRpcError of the guard; ProviderError for an error that is not shown to the model
   */
  private async run(
    name: string,
    args: Params,
    context: CallContext,
    client: Client,
    guard?: CallGuard,
  ): Promise<ToolResult> {
    try {
      return await this.registry.call(name, args, context, client.view, guard);
    } catch (error) {
      if (!(error instanceof ProviderError) || !isForTheModel(error)) throw error;
      const { setupUrl, message } = error;
      if (setupUrl !== undefined && client.takesUrlResults) return urlInputRequired(setupUrl, message);
      if (setupUrl !== undefined && client.takesUrls) client.send(urlElicitation(setupUrl, message));
      return errorResult(error);
    }
  }
}

/**
 * Returns whether an error becomes a tool result that the model reads. An upstream's JSON-RPC error is passed on unchanged, and a
 * cancelled call gets no response. All other errors are for the model.
 */
const isForTheModel = (error: ProviderError): boolean => error.rpcError === undefined && error.code !== 'cancelled';
