import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import {
  offersPrompts,
  type CallContext,
  type OffersPrompts,
  type PromptDescriptor,
  type RawObject,
  type ToolProvider,
} from '@manifold/tool-provider';
import { IdentityCache } from './identity-cache.js';
import { ProviderOffers, type Offer } from './provider-offers.js';
import { publicNames } from './public-names.js';
import { shows, type View } from './view.js';

type PromptProvider = ToolProvider & OffersPrompts;
type Listener = Parameters<OffersPrompts['onPromptsChanged']>[0];

/** Where a prompt comes from, and what it is called there. */
export interface PromptRoute {
  readonly provider: PromptProvider;
  readonly app: string;
  readonly name: string;
}

/** All prompts that a view shows, under public names. Immutable; shared by all who see the same. */
export interface PromptIndex {
  /** MCP `Prompt[]`. */
  readonly prompts: readonly RawObject[];
  readonly byName: ReadonlyMap<string, PromptRoute>;
}

/** The prompts of all providers. */
@Injectable()
export class Prompts {
  private readonly indexes = new IdentityCache<PromptIndex>();

  constructor(
    private readonly offers: ProviderOffers,
    private readonly config: Config,
  ) {}

  /** In a stable order. Never fails: a provider that cannot list is left out. */
  async index(context: CallContext, view: View): Promise<PromptIndex> {
    const providers = this.providersOf(context.principal);
    const offers = await this.offers.list(providers, (provider) => provider.listPrompts(context), context);
    const sources = offers.map(({ items }) => items);
    return this.indexes.of(sources, view.key, () => indexOf(offers, view, this.config.toolNameMax));
  }

  /**
   * @returns the result of `prompts/get` as its owner gave it; undefined where the view shows no such prompt
   * @throws ProviderError
   */
  async get(
    publicName: string,
    args: RawObject | undefined,
    context: CallContext,
    view: View,
  ): Promise<RawObject | undefined> {
    const owner = (await this.index(context, view)).byName.get(publicName);
    return (
      owner &&
      this.offers.call('prompts/get', owner, context, () =>
        owner.provider.getPrompt(owner.app, owner.name, args, context),
      )
    );
  }

  /** @returns a function that ends it; it must be called */
  onChanged(principal: Principal, onChange: () => void): () => void {
    const follow = (provider: PromptProvider, listener: Listener) => provider.onPromptsChanged(listener);
    return this.offers.onChanged(this.providersOf(principal), principal, follow, onChange);
  }

  private providersOf(principal: Principal): PromptProvider[] {
    return this.offers.reachable((provider): provider is PromptProvider => offersPrompts(provider), principal);
  }
}

/** Prompts keep the names that they have among all, unless the view is of one app alone. */
function indexOf(offers: readonly Offer<PromptProvider, PromptDescriptor>[], view: View, nameMax: number): PromptIndex {
  const seen = new Set<string>();
  const isFirst = (identity: string): boolean => seen.size < seen.add(identity).size;
  const owned = offers.flatMap(({ provider, items }) =>
    items
      .filter(({ app, name }) => isFirst(JSON.stringify([provider.id, app, name])))
      .map((descriptor) => ({ provider, providerId: provider.id, descriptor })),
  );
  const names = view.own === undefined ? publicNames(owned, nameMax) : owned.map(({ descriptor }) => descriptor.name);
  const byName = new Map<string, PromptRoute>();
  const prompts = owned.flatMap(({ provider, descriptor: { app, name, definition } }, index) => {
    const publicName = names[index]!;
    if (!shows(view, app) || byName.has(publicName)) return [];
    byName.set(publicName, { provider, app, name });
    return [{ ...definition, name: publicName }];
  });
  return { prompts, byName };
}
