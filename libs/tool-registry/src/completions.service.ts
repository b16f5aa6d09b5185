import { Injectable } from '@nestjs/common';
import { completes, type CallContext, type RawObject, type ToolProvider } from '@manifold/tool-provider';
import { Prompts } from './prompts.service.js';
import { ProviderOffers } from './provider-offers.js';
import { Resources } from './resources.service.js';
import type { View } from './view.js';

const NOTHING: RawObject = { completion: { values: [] } };

interface Owner {
  readonly provider: ToolProvider;
  readonly app: string;
  /** In the owner's own words. */
  readonly reference: RawObject;
}

/** Completes the arguments of prompts and of resource templates. */
@Injectable()
export class Completions {
  constructor(
    private readonly prompts: Prompts,
    private readonly resources: Resources,
    private readonly offers: ProviderOffers,
  ) {}

  /**
   * @param reference `ref/prompt` or `ref/resource`, in public names
   * @returns the result of `completion/complete`; undefined where the reference names nothing that the view shows
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
    const { provider, app } = owner;
    if (!completes(provider)) return NOTHING;
    return this.offers.call('completion/complete', owner, context, () =>
      provider.complete(app, owner.reference, params, context),
    );
  }

  private async ownerOf(reference: RawObject, context: CallContext, view: View): Promise<Owner | undefined> {
    const { type, name, uri } = reference;
    if (type === 'ref/prompt' && typeof name === 'string') {
      const prompt = (await this.prompts.index(context, view)).byName.get(name);
      return prompt && { ...prompt, reference: { ...reference, name: prompt.name } };
    }
    if (type === 'ref/resource' && typeof uri === 'string') {
      const index = await this.resources.index(context, view);
      const route = index.findTemplate(uri) ?? index.find(uri);
      return route && { ...route, reference: { ...reference, uri: route.uri } };
    }
    return undefined;
  }
}
