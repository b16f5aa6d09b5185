import { Injectable } from '@nestjs/common';
import { SharedPool } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import {
  describesApps,
  offersResources,
  ProviderError,
  type CallContext,
  type RawObject,
  type ToolProvider,
} from '@manifold/tool-provider';
import { IdentityCache } from './identity-cache.js';
import { ProviderPrimitives } from './provider-primitives.js';
import { isOf, ResourceIndex, type ResourceProvider, type ResourceRoute } from './resource-index.js';
import { UnknownResourceError } from './unknown-resource.error.js';
import { shows, type View } from '../catalogue/view.js';
import { Namespaces } from '../uris/namespaces.js';
import { isAmbiguous, readPublicUri, type NamespacedUri } from '../uris/public-uri.js';

type Listener = Parameters<ResourceProvider['onResourcesChanged']>[0];

/** Route of a request. An app may also have resources that it does not list. */
interface RequestRoute extends ResourceRoute {
  readonly isListed: boolean;
}

/** The most subscriptions of all clients in one process. */
const MOST_SUBSCRIPTIONS = 100_000;

/**
 * The resources of all providers. In a view of several apps, each resource has a public URI, which names its app. A request for it goes to
 * this app alone.
 */
@Injectable()
export class Resources {
  private readonly indexes = new IdentityCache<ResourceIndex>();

  private readonly subscriptions: SharedPool;

  constructor(
    private readonly primitives: ProviderPrimitives,
    private readonly namespaces: Namespaces,
    { limits }: Config,
  ) {
    this.subscriptions = new SharedPool(MOST_SUBSCRIPTIONS, limits.shares);
  }

  /** Lists resources and templates in a stable order. A provider that cannot list is left out. */
  async index(context: CallContext, view: View): Promise<ResourceIndex> {
    const providers = this.providersOf(context.principal);
    const [resources, templates] = await Promise.all([
      this.primitives.list(providers, (provider) => provider.listResources(context), context),
      this.primitives.list(providers, (provider) => provider.listResourceTemplates(context), context),
    ]);
    const sources = [...resources, { items: SEPARATOR }, ...templates].map(({ items }) => items);
    return this.indexes.of(sources, view.key, () => new ResourceIndex(resources, templates, view, this.namespaces));
  }

  /**
   * @returns the owner's result of `resources/read`, with the URI that the client used
   * @throws UnknownResourceError | ProviderError
   */
  async read(uri: string, context: CallContext, view: View): Promise<RawObject> {
    const route = await this.routeTo(uri, context, view);
    const { provider, app, uris } = route;
    const own = uris?.contextOf(context) ?? context;
    const result = await this.atOwner(uri, route, context, 'resources/read', () =>
      provider.readResource(app, route.uri, own),
    );
    return uris?.readResult(result) ?? result;
  }

  /**
   * Subscribes to updates of a resource until the returned function is called.
   * @param onUpdated called with the params of `notifications/resources/updated`, with the URI that the client used
   * @throws UnknownResourceError | ProviderError
   */
  async subscribe(
    uri: string,
    context: CallContext,
    view: View,
    onUpdated: (params: RawObject) => void,
  ): Promise<() => void> {
    const { principal } = context;
    if (this.subscriptions.refusal(principal)) throw new ProviderError('rate_limited', 'Too many subscriptions');
    this.subscriptions.take(principal);
    const release = once(() => this.subscriptions.release(principal));
    try {
      const route = await this.routeTo(uri, context, view);
      const { provider, app, uris } = route;
      const leave = await this.atOwner(uri, route, context, 'resources/subscribe', () =>
        provider.subscribeResource(app, route.uri, context, (params) => onUpdated(uris?.definition(params) ?? params)),
      );
      return () => {
        release();
        leave();
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  /**
   * Looks up the resource or template that a `ref/resource` names.
   * @returns undefined if it is not listed
   */
  async referenced(uri: string, context: CallContext, view: View): Promise<ResourceRoute | undefined> {
    const index = await this.index(context, view);
    const routesOf = (own: string) => [...index.templatesAt(own), ...index.resourcesAt(own)];
    if (view.own !== undefined) return routesOf(uri)[0];
    const read = readPublicUri(uri);
    const owner = read && this.namespaces.read(read.namespace);
    if (read) return owner && routesOf(read.uri).find(isOf(owner));
    const [route, ...others] = isAmbiguous(uri) ? [] : routesOf(uri);
    return route && others.every(isOf(route)) ? route : undefined;
  }

  /** @returns a function that ends the subscription; it must be called */
  onChanged(principal: Principal, onChange: () => void): () => void {
    const follow = (provider: ResourceProvider, listener: Listener) => provider.onResourcesChanged(listener);
    return this.primitives.onChanged(this.providersOf(principal), principal, follow, onChange);
  }

  /**
   * Finds the only app to which a request for a URI may go: the app of the view, the app that the URI names, or else the only app that lists
   * the URI or has a template that fits it.
   * @throws UnknownResourceError
   */
  private async routeTo(uri: string, context: CallContext, view: View): Promise<RequestRoute> {
    const index = await this.index(context, view);
    if (view.own !== undefined) return this.routeInApp(view.own, uri, index, context);
    const read = readPublicUri(uri);
    const route = read && (await this.routeToNamed(uri, read, index, context, view));
    if (route) return route;
    const claimants = read && !isAmbiguous(uri) ? [] : index.claimants(uri);
    const [only, ...others] = claimants;
    if (!only || others.length > 0 || isAmbiguous(uri)) throw new UnknownResourceError(uri, candidatesOf(claimants));
    return { ...only, isListed: index.resourcesAt(uri).length > 0, uris: only.uris?.usedBy(uri, uri) };
  }

  /** @returns undefined if the URI names no app that the view shows to the principal */
  private async routeToNamed(
    uri: string,
    read: NamespacedUri,
    index: ResourceIndex,
    { principal }: CallContext,
    view: View,
  ): Promise<RequestRoute | undefined> {
    const owner = this.namespaces.read(read.namespace);
    if (!owner || !shows(view, owner.app)) return undefined;
    const provider = this.providersOf(principal).find((candidate) => candidate === owner.provider);
    if (!provider) return undefined;
    const route = { provider, app: owner.app, uri: read.uri };
    const isListed = index.resourcesAt(route.uri).some(isOf(route));
    if (!isListed && !(await knows(provider, route.app, principal))) return undefined;
    return { ...route, isListed, uris: this.namespaces.urisOf(provider, route.app).usedBy(route.uri, uri) };
  }

  private async routeInApp(
    app: string,
    uri: string,
    index: ResourceIndex,
    { principal }: CallContext,
  ): Promise<RequestRoute> {
    const [listed] = index.resourcesAt(uri);
    if (listed) return { ...listed, isListed: true };
    for (const provider of this.providersOf(principal)) {
      if (await knows(provider, app, principal)) return { provider, app, uri, isListed: false };
    }
    throw new UnknownResourceError(uri);
  }

  /** Runs a request at its owner. An unlisted resource that the owner does not have is unknown. */
  private async atOwner<T>(
    uri: string,
    route: RequestRoute,
    context: CallContext,
    method: string,
    run: () => Promise<T>,
  ): Promise<T> {
    try {
      return await this.primitives.call(method, route, context, run);
    } catch (error) {
      if (!route.isListed && error instanceof ProviderError && isAbsence(error)) throw new UnknownResourceError(uri);
      throw route.uris?.error(error) ?? error;
    }
  }

  private providersOf(principal: Principal): ResourceProvider[] {
    return this.primitives.reachable((provider): provider is ResourceProvider => offersResources(provider), principal);
  }
}

const knows = async (provider: ToolProvider, app: string, principal: Principal): Promise<boolean> =>
  describesApps(provider) && (await provider.describeApp(app, principal)) !== undefined;

/** Maximum number of URIs that an error names. */
const MAX_CANDIDATES = 10;

const candidatesOf = (routes: readonly ResourceRoute[]): string[] =>
  routes.slice(0, MAX_CANDIDATES).flatMap(({ uris, uri }) => uris?.publicUri(uri) ?? []);

/** Separator between resources and templates in the cache key, so that an array does not match in the other list. */
const SEPARATOR: readonly never[] = [];

/** JSON-RPC error codes for an unknown resource: resource not found (-32002), invalid params (-32602), method not found (-32601). */
const ABSENCE: readonly (number | undefined)[] = [-32002, -32602, -32601];

const isAbsence = ({ rpcError }: ProviderError): boolean => ABSENCE.includes(rpcError?.code);

/** Returns a function that runs the task at its first call only. */
function once(task: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) task();
    isDone = true;
  };
}
