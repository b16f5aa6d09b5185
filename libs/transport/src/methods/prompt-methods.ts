import { Injectable } from '@nestjs/common';
import { isObject, shortName } from '@manifold/async';
import type { CallContext } from '@manifold/tool-provider';
import { Completions, Prompts } from '@manifold/tool-registry';
import { invalidParams } from '../json-rpc/json-rpc-error.js';
import type { Params } from '../json-rpc/json-rpc.js';
import { ListPages } from './list-pages.js';
import type { Client, MethodHandler, MethodResult } from './method-handler.js';

/** Handles `prompts/list`, `prompts/get` and `completion/complete`. */
@Injectable()
export class PromptMethods {
  readonly handlers: Readonly<Record<string, MethodHandler>> = {
    'prompts/list': async (params, context, { view }) => {
      const { prompts } = await this.prompts.index(context, view);
      return this.pages.page('prompts', prompts, params, context, view);
    },
    'prompts/get': (params, context, client) => this.get(params, context, client),
    'completion/complete': (params, context, client) => this.complete(params, context, client),
  };

  constructor(
    private readonly prompts: Prompts,
    private readonly completions: Completions,
    private readonly pages: ListPages,
  ) {}

  private async get(params: Params, context: CallContext, { view }: Client): Promise<MethodResult> {
    const { name, arguments: args } = params;
    if (typeof name !== 'string') throw invalidParams('name must be a string');
    if (args !== undefined && !isObject(args)) throw invalidParams('arguments must be an object');
    const result = await this.prompts.get(name, args, context, view);
    if (!result) throw invalidParams(`Unknown prompt: ${shortName(name)}`);
    return result;
  }

  private async complete(params: Params, context: CallContext, { view }: Client): Promise<MethodResult> {
    const { ref, ...rest }: Record<string, unknown> = params;
    delete rest._meta;
    if (!isObject(ref)) throw invalidParams('ref must be an object');
    if (!isObject(rest.argument)) throw invalidParams('argument must be an object');
    const result = await this.completions.complete(ref, rest, context, view);
    if (!result) throw invalidParams('ref names no prompt and no resource');
    return result;
  }
}
