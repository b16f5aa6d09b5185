import { Injectable } from '@nestjs/common';
import { ProviderError, type CallContext } from '@manifold/tool-provider';
import { errorResult, ToolRegistry, UnknownToolError } from '@manifold/tool-registry';
import { invalidParams } from './json-rpc-error.js';
import { isObject, type Params } from './json-rpc.js';
import { JsonText, type Client, type MethodHandler, type MethodResult } from './method-handler.js';
import { urlElicitation } from './url-elicitation.js';

/** `tools/list` and `tools/call`. */
@Injectable()
export class ToolMethods {
  readonly handlers: Readonly<Record<string, MethodHandler>> = {
    'tools/list': (params, context) => this.list(params, context),
    'tools/call': (params, context, client) => this.call(params, context, client),
  };

  constructor(private readonly registry: ToolRegistry) {}

  /** One page holds all tools, so no cursor was ever given out. */
  private async list(params: Params, context: CallContext): Promise<MethodResult> {
    if (params.cursor !== undefined) throw invalidParams('The cursor is not one of this list');
    const { json } = await this.registry.list(context);
    return new JsonText(`{"tools":${json}}`);
  }

  private async call(params: Params, context: CallContext, client: Client): Promise<MethodResult> {
    const { name, arguments: args = {} } = params;
    if (typeof name !== 'string') throw invalidParams('name must be a string');
    if (!isObject(args)) throw invalidParams('arguments must be an object');
    try {
      return await this.registry.call(name, args, context);
    } catch (error) {
      if (error instanceof UnknownToolError) throw invalidParams(error.message);
      if (!(error instanceof ProviderError) || !isForTheModel(error)) throw error;
      if (error.setupUrl !== undefined && client.takesUrls) client.send(urlElicitation(error.setupUrl, error.message));
      return errorResult(error);
    }
  }
}

/** An upstream's own JSON-RPC error goes out as it is, and a cancelled call has no answer. All else is words for the model. */
const isForTheModel = (error: ProviderError): boolean => error.rpcError === undefined && error.code !== 'cancelled';
