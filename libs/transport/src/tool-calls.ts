import { Injectable } from '@nestjs/common';
import { ProviderError, type CallContext, type ToolResult } from '@manifold/tool-provider';
import { errorResult, ToolRegistry } from '@manifold/tool-registry';
import type { Params } from './json-rpc.js';
import type { CallGuard, Client } from './method-handler.js';
import { urlElicitation, urlInputRequired } from './url-elicitation.js';

/** Runs the tools of a client's view, and finds the right reader for what goes wrong. */
@Injectable()
export class ToolCalls {
  constructor(private readonly registry: ToolRegistry) {}

  /** @throws UnknownToolError; JsonRpcError of the guard; ProviderError for what is not for the model */
  async run(name: string, args: Params, context: CallContext, client: Client, guard?: CallGuard): Promise<ToolResult> {
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

/** An upstream's own JSON-RPC error goes out as it is, and a cancelled call has no answer. All else is words for the model. */
const isForTheModel = (error: ProviderError): boolean => error.rpcError === undefined && error.code !== 'cancelled';
