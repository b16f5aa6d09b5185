import { Injectable } from '@nestjs/common';
import type { CallContext } from '@manifold/tool-provider';
import { Resources, UnknownResourceError } from '@manifold/tool-registry';
import { invalidParams, JsonRpcError, RESOURCE_NOT_FOUND } from '../json-rpc/json-rpc-error.js';
import type { Params } from '../json-rpc/json-rpc.js';
import { ListPages } from './list-pages.js';
import type { Client, MethodHandler, MethodResult } from './method-handler.js';

/** Maximum characters of a resource URI. */
const MAX_URI = 8_192;

/** Handles `resources/list`, `resources/templates/list` and `resources/read`. */
@Injectable()
export class ResourceMethods {
  readonly handlers: Readonly<Record<string, MethodHandler>> = {
    'resources/list': async (params, context, { view }) => {
      const { resources } = await this.resources.index(context, view);
      return this.pages.page('resources', resources, params, context, view);
    },
    'resources/templates/list': async (params, context, { view }) => {
      const { templates } = await this.resources.index(context, view);
      return this.pages.page('resourceTemplates', templates, params, context, view);
    },
    'resources/read': (params, context, client) => this.read(params, context, client),
  };

  constructor(
    private readonly resources: Resources,
    private readonly pages: ListPages,
  ) {}

  private async read(params: Params, context: CallContext, { view }: Client): Promise<MethodResult> {
    const uri = readUri(params);
    try {
      return await this.resources.read(uri, context, view);
    } catch (error) {
      throw error instanceof UnknownResourceError ? resourceNotFound(error) : error;
    }
  }
}

/** @throws JsonRpcError -32602 */
export function readUri({ uri }: Params): string {
  if (typeof uri === 'string' && uri.length <= MAX_URI) return uri;
  throw invalidParams(`uri must be a string of at most ${MAX_URI} characters`);
}

/** Returns the error for a resource that no server has, or whose server the URI does not name. */
export function resourceNotFound({ uri, candidates }: UnknownResourceError): JsonRpcError {
  if (candidates.length === 0)
    return new JsonRpcError(RESOURCE_NOT_FOUND, 'Resource not found', 200, { data: { uri } });
  return invalidParams(`The URI does not name a server. Use one of: ${candidates.join(', ')}`);
}
