import { Injectable } from '@nestjs/common';
import type { CallContext } from '@manifold/tool-provider';
import { ToolRegistry, UnknownToolError } from '@manifold/tool-registry';
import { DynamicMode } from './dynamic-mode.js';
import { invalidParams } from './json-rpc-error.js';
import { isObject, type Params } from './json-rpc.js';
import { JsonText, type Client, type MethodHandler, type MethodResult } from './method-handler.js';
import { SplicedText } from './spliced-text.js';
import { TaskIds } from './task-ids.js';
import { ToolCalls } from './tool-calls.js';

/** `tools/list` and `tools/call`. */
@Injectable()
export class ToolMethods {
  readonly handlers: Readonly<Record<string, MethodHandler>> = {
    'tools/list': (params, context, client) => this.list(params, context, client),
    'tools/call': (params, context, client) => this.call(params, context, client),
  };

  constructor(
    private readonly registry: ToolRegistry,
    private readonly calls: ToolCalls,
    private readonly dynamic: DynamicMode,
    private readonly tasks: TaskIds,
  ) {}

  /** One page holds all tools, so no cursor was ever given out. */
  private async list(params: Params, context: CallContext, client: Client): Promise<MethodResult> {
    if (params.cursor !== undefined) throw invalidParams('The cursor is not one of this list');
    if (client.view.isDynamic) return this.dynamic.list(context, client);
    const { json } = await this.registry.list(context, client.view);
    return new JsonText(new SplicedText('{"tools":', json, '}'));
  }

  private async call(params: Params, context: CallContext, client: Client): Promise<MethodResult> {
    const { name, arguments: args = {} } = params;
    if (typeof name !== 'string') throw invalidParams('name must be a string');
    if (!isObject(args)) throw invalidParams('arguments must be an object');
    try {
      if (client.view.isDynamic) return await this.dynamic.run(name, args, context, client);
      const result = await this.calls.run(name, args, context, client, client.guard);
      return result.resultType === 'task' ? this.tasks.sealedIn(result, context.principal, client.view.own) : result;
    } catch (error) {
      if (error instanceof UnknownToolError) throw invalidParams(error.message);
      throw error;
    }
  }
}
