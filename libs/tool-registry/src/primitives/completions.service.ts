import { Injectable } from '@nestjs/common';
import { isObject } from '@manifold/async';
import { completes, type CallContext, type RawObject, type ToolProvider } from '@manifold/tool-provider';
import { Prompts } from './prompts.service.js';
import { ProviderPrimitives } from './provider-primitives.js';
import { isOf } from './resource-index.js';
import { Resources } from './resources.service.js';
import type { View } from '../catalogue/view.js';
import type { ServerUris } from '../uris/server-uris.js';

const NOTHING: RawObject = { completion: { values: [] } };
const NO_RESOURCE = (): boolean => false;

/** Whether one of the values may be a URI. Resources are listed for such values alone. */
const hasUri = (values: unknown): boolean =>
  Array.isArray(values) && values.some((value) => typeof value === 'string' && /^[a-z][a-z0-9+.-]*:/i.test(value));

interface Owner {
  readonly provider: ToolProvider;
  readonly app: string;
  /** Reference with the app's own prompt name or URI. */
  readonly reference: RawObject;
  /** Mapping of the app's URIs; undefined if the view shows the app's own URIs. */
  readonly uris?: ServerUris;
}

/** Completes the arguments of prompts and of resource templates. */
@Injectable()
export class Completions {
  constructor(
    private readonly prompts: Prompts,
    private readonly resources: Resources,
    private readonly primitives: ProviderPrimitives,
  ) {}

  /**
   * @param reference `ref/prompt` or `ref/resource`, with public names
   * @returns the result of `completion/complete`; undefined if the view shows no prompt or resource with this reference
   * @throws ProviderError
   */
  async complete(
    reference: RawObject,
    params: RawObject,
    context: CallContext,
    view: View,
  ): Promise<RawObject | undefined> {
    const owner = await this.ownerOf(reference, context, view);
    if (!owner) return undefined;
    if (!owner.uris) return this.ask(owner, params, context);
    const { uris } = owner;
    try {
      const result = await this.ask(owner, uris.ownArguments(params), uris.contextOf(context));
      const isResource =
        isObject(result.completion) && hasUri(result.completion.values)
          ? await this.resourcesOf(owner, context, view)
          : NO_RESOURCE;
      return uris.completionResult(result, isResource);
    } catch (error) {
      throw uris.error(error);
    }
  }

  private async ask(owner: Owner, params: RawObject, context: CallContext): Promise<RawObject> {
    const { provider, app, reference } = owner;
    if (!completes(provider)) return NOTHING;
    return this.primitives.call('completion/complete', owner, context, () =>
      provider.complete(app, reference, params, context),
    );
  }

  /**
   * Returns which values of a completion are URIs of the app's resources. Values for a template are parts of a URI, even if they look like
   * a URI.
   */
  private async resourcesOf(owner: Owner, context: CallContext, view: View): Promise<(value: string) => boolean> {
    if (owner.reference.type !== 'ref/prompt') return NO_RESOURCE;
    const index = await this.resources.index(context, view);
    return (value) => index.resourcesAt(value).some(isOf(owner));
  }

  private async ownerOf(reference: RawObject, context: CallContext, view: View): Promise<Owner | undefined> {
    const { type, name, uri } = reference;
    if (type === 'ref/prompt' && typeof name === 'string') {
      const prompt = (await this.prompts.index(context, view)).byName.get(name);
      return prompt && { ...prompt, reference: { ...reference, name: prompt.name } };
    }
    if (type === 'ref/resource' && typeof uri === 'string') {
      const route = await this.resources.referenced(uri, context, view);
      return route && { ...route, reference: { ...reference, uri: route.uri } };
    }
    return undefined;
  }
}
