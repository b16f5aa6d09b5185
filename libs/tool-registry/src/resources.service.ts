import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { offersResources, ProviderError, type CallContext, type RawObject } from '@manifold/tool-provider';
import { IdentityCache } from './identity-cache.js';
import { ProviderOffers } from './provider-offers.js';
import { ResourceIndex, type ResourceProvider, type ResourceRoute } from './resource-index.js';
import { UnknownResourceError } from './unknown-resource.error.js';
import type { View } from './view.js';

type Listener = Parameters<ResourceProvider['onResourcesChanged']>[0];

/** The resources of all providers, each under one URI. */
@Injectable()
export class Resources {
  private readonly indexes = new IdentityCache<ResourceIndex>();

  constructor(private readonly offers: ProviderOffers) {}

  /** In a stable order. Never fails: a provider that cannot list is left out. */
  async index(context: CallContext, view: View): Promise<ResourceIndex> {
    const providers = this.providersOf(context.principal);
    const [resources, templates] = await Promise.all([
      this.offers.list(providers, (provider) => provider.listResources(context), context),
      this.offers.list(providers, (provider) => provider.listResourceTemplates(context), context),
    ]);
    const sources = [...resources, { items: SEPARATOR }, ...templates].map(({ items }) => items);
    return this.indexes.of(sources, view.key, () => new ResourceIndex(resources, templates, view));
  }

  /**
   * @returns the result of `resources/read` as its owner gave it, but with the URI that the client used
   * @throws UnknownResourceError | ProviderError
   */
  async read(uri: string, context: CallContext, view: View): Promise<RawObject> {
    const [route, result] = await this.atOwner(uri, context, view, 'resources/read', (owner) =>
      owner.provider.readResource(owner.app, owner.uri, context),
    );
    return route.uri === uri ? result : { ...result, contents: renamed(result.contents, route.uri, uri) };
  }

  /**
   * Tells of changes of a resource, until the returned function is called.
   * @param onUpdated gets the params of `notifications/resources/updated`, with the URI that the client used
   * @throws UnknownResourceError | ProviderError
   */
  async subscribe(
    uri: string,
    context: CallContext,
    view: View,
    onUpdated: (params: RawObject) => void,
  ): Promise<() => void> {
    const [, leave] = await this.atOwner(uri, context, view, 'resources/subscribe', (owner) =>
      owner.provider.subscribeResource(owner.app, owner.uri, context, (params) =>
        onUpdated(params.uri === owner.uri ? { ...params, uri } : params),
      ),
    );
    return leave;
  }

  /** @returns a function that ends it; it must be called */
  onChanged(principal: Principal, onChange: () => void): () => void {
    const follow = (provider: ResourceProvider, listener: Listener) => provider.onResourcesChanged(listener);
    return this.offers.onChanged(this.providersOf(principal), principal, follow, onChange);
  }

  /** A URI that is listed has one owner. Any other is offered to those who may have it, in order, until one does. */
  private async atOwner<T>(
    uri: string,
    context: CallContext,
    view: View,
    method: string,
    run: (owner: ResourceRoute) => Promise<T>,
  ): Promise<[ResourceRoute, T]> {
    const attempt = async (owner: ResourceRoute): Promise<[ResourceRoute, T]> => [
      owner,
      await this.offers.call(method, owner, context, () => run(owner)),
    ];
    const index = await this.index(context, view);
    const listed = index.find(uri);
    if (listed) return attempt(listed);
    const matching = index.matching(uri);
    for (const owner of [...matching, ...this.others(uri, index, view, context.principal)]) {
      try {
        return await attempt(owner);
      } catch (error) {
        if (context.signal.aborted || !(error instanceof ProviderError)) throw error;
        if (error.code === 'rate_limited' || (matching.includes(owner) && !isAbsence(error))) throw error;
      }
    }
    throw new UnknownResourceError(uri);
  }

  private others(uri: string, index: ResourceIndex, { own }: View, principal: Principal): ResourceRoute[] {
    if (own === undefined) return index.everybody(uri);
    return this.providersOf(principal).map((provider) => ({ provider, app: own, uri }));
  }

  private providersOf(principal: Principal): ResourceProvider[] {
    return this.offers.reachable((provider): provider is ResourceProvider => offersResources(provider), principal);
  }
}

/** Between two lists of sources: the same arrays in another place are something else. */
const SEPARATOR: readonly never[] = [];

/** Codes in which servers say that they have no such resource: their revision's own, invalid params, method not found. */
const ABSENCE: readonly (number | undefined)[] = [-32002, -32602, -32601];

const isAbsence = ({ rpcError }: ProviderError): boolean => ABSENCE.includes(rpcError?.code);

function renamed(contents: unknown, from: string, to: string): unknown {
  if (!Array.isArray(contents)) return contents;
  return contents.map((content: unknown) => {
    const isOfThis = typeof content === 'object' && content !== null && (content as RawObject).uri === from;
    return isOfThis ? { ...content, uri: to } : content;
  });
}
