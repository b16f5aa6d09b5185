import type {
  OffersResources,
  RawObject,
  ResourceDescriptor,
  ResourceTemplateDescriptor,
  ToolProvider,
} from '@manifold/tool-provider';
import type { ListedPrimitives } from './provider-primitives.js';
import { UriTemplate } from './uri-template.js';
import { shows, type View } from '../catalogue/view.js';
import type { Namespaces } from '../uris/namespaces.js';
import type { ServerUris } from '../uris/server-uris.js';

export type ResourceProvider = ToolProvider & OffersResources;

/** Provider and app of a resource. */
export interface ResourceOwner {
  readonly provider: ResourceProvider;
  readonly app: string;
}

/** Owner of a resource or template, and its URI inside the app. */
export interface ResourceRoute extends ResourceOwner {
  readonly uri: string;
  /** Mapping of the app's URIs; undefined if the view shows the app's own URIs. */
  readonly uris?: ServerUris;
}

interface ListedTemplate {
  readonly route: ResourceRoute;
  readonly template: UriTemplate;
}

type Descriptor = Pick<ResourceDescriptor, 'app' | 'definition'>;

/**
 * All resources and templates that a view shows. Their definitions have public URIs, unless the view shows one app under its own URIs. The
 * look-ups take the app's own URIs. Immutable; principals that see the same resources share one index.
 */
export class ResourceIndex {
  /** MCP `Resource[]` and `ResourceTemplate[]`. */
  readonly resources: readonly RawObject[];
  readonly templates: readonly RawObject[];
  private readonly byUri = new Map<string, ResourceRoute[]>();
  private readonly byTemplate = new Map<string, ResourceRoute[]>();
  private readonly listedTemplates: ListedTemplate[] = [];

  constructor(
    resources: readonly ListedPrimitives<ResourceProvider, ResourceDescriptor>[],
    templates: readonly ListedPrimitives<ResourceProvider, ResourceTemplateDescriptor>[],
    private readonly view: View,
    private readonly namespaces: Namespaces,
  ) {
    this.resources = this.definitions(resources, this.byUri, ({ uri }) => uri);
    this.templates = this.definitions(templates, this.byTemplate, ({ uriTemplate }) => uriTemplate);
    for (const [uriTemplate, routes] of this.byTemplate) {
      const template = new UriTemplate(uriTemplate);
      this.listedTemplates.push(...routes.map((route) => ({ route, template })));
    }
  }

  /** Returns the apps that list a resource with this URI. */
  resourcesAt(uri: string): readonly ResourceRoute[] {
    return this.byUri.get(uri) ?? [];
  }

  /** Returns the apps that list this template. */
  templatesAt(uriTemplate: string): readonly ResourceRoute[] {
    return this.byTemplate.get(uriTemplate) ?? [];
  }

  /** Returns a route to each app that lists the URI or has a template that fits it. */
  claimants(uri: string): readonly ResourceRoute[] {
    const claimants = [...this.resourcesAt(uri)];
    for (const { route, template } of this.listedTemplates) {
      if (claimants.some(isOf(route)) || !template.matches(uri)) continue;
      claimants.push({ ...route, uri });
    }
    return claimants;
  }

  /** Lists the definitions of one kind and notes their owners. An app that has listed a URI twice has it once. */
  private definitions<T extends Descriptor>(
    listed: readonly ListedPrimitives<ResourceProvider, T>[],
    routes: Map<string, ResourceRoute[]>,
    uriOf: (descriptor: T) => string,
  ): RawObject[] {
    const { view, namespaces } = this;
    return listed.flatMap(({ provider, items }) =>
      items.flatMap((descriptor) => {
        const { app, definition } = descriptor;
        if (!shows(view, app)) return [];
        const uris = view.own === undefined ? namespaces.urisOf(provider, app) : undefined;
        const route = { provider, app, uri: uriOf(descriptor), uris };
        const others = routes.get(route.uri) ?? [];
        if (others.some(isOf(route)) || (others.length > 0 && !uris)) return [];
        routes.set(route.uri, [...others, route]);
        return [uris?.definition(definition) ?? definition];
      }),
    );
  }
}

/** Returns the test whether a route leads to the app. */
export const isOf =
  (owner: { readonly provider: ToolProvider; readonly app: string }) =>
  ({ provider, app }: ResourceOwner): boolean =>
    provider === owner.provider && app === owner.app;
