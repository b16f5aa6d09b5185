import { Injectable } from '@nestjs/common';
import { tupleKey } from '@manifold/async';
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
import { ProviderPrimitives, type ListedPrimitives } from './provider-primitives.js';
import { publicNames } from '../catalogue/public-names.js';
import { shows, type View } from '../catalogue/view.js';
import { Namespaces } from '../uris/namespaces.js';
import type { ServerUris } from '../uris/server-uris.js';

type PromptProvider = ToolProvider & OffersPrompts;
type Listener = Parameters<OffersPrompts['onPromptsChanged']>[0];

/** Provider and app of a prompt, and its name inside the app. */
export interface PromptRoute {
  readonly provider: PromptProvider;
  readonly app: string;
  readonly name: string;
  /** Mapping of the app's URIs; undefined if the view shows the app's own URIs. */
  readonly uris?: ServerUris;
}

/** All prompts that a view shows, by public name. Immutable; principals that see the same prompts share one index. */
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
    private readonly primitives: ProviderPrimitives,
    private readonly config: Config,
    private readonly namespaces: Namespaces,
  ) {}

  /** Lists the prompts in a stable order. A provider that cannot list is left out. */
  async index(context: CallContext, view: View): Promise<PromptIndex> {
    const providers = this.providersOf(context.principal);
    const listed = await this.primitives.list(providers, (provider) => provider.listPrompts(context), context);
    const sources = listed.map(({ items }) => items);
    return this.indexes.of(sources, view.key, () => indexOf(listed, view, this.config.toolNameMax, this.namespaces));
  }

  /**
   * @returns the result of `prompts/get`, with public URIs; undefined if the view shows no such prompt
   * @throws ProviderError
   */
  async get(
    publicName: string,
    args: RawObject | undefined,
    context: CallContext,
    view: View,
  ): Promise<RawObject | undefined> {
    const owner = (await this.index(context, view)).byName.get(publicName);
    if (!owner) return undefined;
    const { provider, app, name, uris } = owner;
    const [ownArgs, ownContext] = uris ? [uris.ownArguments(args), uris.contextOf(context)] : [args, context];
    try {
      const result = await this.primitives.call('prompts/get', owner, context, () =>
        provider.getPrompt(app, name, ownArgs, ownContext),
      );
      return uris?.promptResult(result) ?? result;
    } catch (error) {
      throw uris?.error(error) ?? error;
    }
  }

  /** @returns a function that ends the subscription; it must be called */
  onChanged(principal: Principal, onChange: () => void): () => void {
    const follow = (provider: PromptProvider, listener: Listener) => provider.onPromptsChanged(listener);
    return this.primitives.onChanged(this.providersOf(principal), principal, follow, onChange);
  }

  private providersOf(principal: Principal): PromptProvider[] {
    return this.primitives.reachable((provider): provider is PromptProvider => offersPrompts(provider), principal);
  }
}

/** Builds the index. Prompts keep their public names, unless the view shows one app under its own names. */
function indexOf(
  listed: readonly ListedPrimitives<PromptProvider, PromptDescriptor>[],
  view: View,
  nameMax: number,
  namespaces: Namespaces,
): PromptIndex {
  const seen = new Set<string>();
  const isFirst = (identity: string): boolean => seen.size < seen.add(identity).size;
  const owned = listed.flatMap(({ provider, items }) =>
    items
      .filter(({ app, name }) => isFirst(tupleKey(provider.id, app, name)))
      .map((descriptor) => ({ provider, providerId: provider.id, descriptor })),
  );
  const names = view.own === undefined ? publicNames(owned, nameMax) : owned.map(({ descriptor }) => descriptor.name);
  const byName = new Map<string, PromptRoute>();
  const prompts = owned.flatMap(({ provider, descriptor: { app, name, definition } }, index) => {
    const publicName = names[index]!;
    if (!shows(view, app) || byName.has(publicName)) return [];
    const uris = view.own === undefined ? namespaces.urisOf(provider, app) : undefined;
    byName.set(publicName, { provider, app, name, uris });
    const shown = { ...definition, name: publicName };
    return [uris?.definition(shown) ?? shown];
  });
  return { prompts, byName };
}
