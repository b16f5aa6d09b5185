import type {
  OffersResources,
  RawObject,
  ResourceDescriptor,
  ResourceTemplateDescriptor,
  ToolProvider,
} from '@manifold/tool-provider';
import type { Offer } from './provider-offers.js';
import { UriTemplate } from './uri-template.js';
import { shows, type View } from './view.js';

export type ResourceProvider = ToolProvider & OffersResources;

/** Where a URI is read, and what it is called there. */
export interface ResourceRoute {
  readonly provider: ResourceProvider;
  readonly app: string;
  readonly uri: string;
}

interface TemplateEntry {
  readonly provider: ResourceProvider;
  readonly app: string;
  readonly uriTemplate: string;
  readonly template: UriTemplate;
  /** What the public template has behind that of the app. */
  readonly suffix: string;
}

/**
 * All resources and templates that a view shows, by the URIs that clients use: those of the apps themselves, but where several apps have
 * the same one, all after the first get a fragment that names the app. Immutable; shared by all who see the same.
 */
export class ResourceIndex {
  /** MCP `Resource[]` and `ResourceTemplate[]`. */
  readonly resources: readonly RawObject[];
  readonly templates: readonly RawObject[];
  private readonly byUri = new Map<string, ResourceRoute>();
  private readonly byTemplate = new Map<string, TemplateEntry>();
  private readonly apps = new Map<string, ResourceRoute>();

  constructor(
    resources: readonly Offer<ResourceProvider, ResourceDescriptor>[],
    templates: readonly Offer<ResourceProvider, ResourceTemplateDescriptor>[],
    view: View,
  ) {
    const uris = new PublicUris(view);
    this.resources = resources.flatMap(({ provider, items }) =>
      items.flatMap(({ app, uri, definition }) => {
        const publicUri = uris.of(provider, app, uri);
        if (publicUri === undefined || !shows(view, app)) return [];
        this.note(provider, app);
        this.byUri.set(publicUri, { provider, app, uri });
        return [publicUri === uri ? definition : { ...definition, uri: publicUri }];
      }),
    );
    const patterns = new PublicUris(view);
    this.templates = templates.flatMap(({ provider, items }) =>
      items.flatMap(({ app, uriTemplate, definition }) => {
        const publicTemplate = patterns.of(provider, app, uriTemplate);
        if (publicTemplate === undefined || !shows(view, app)) return [];
        this.note(provider, app);
        const [template, suffix] = [new UriTemplate(publicTemplate), publicTemplate.slice(uriTemplate.length)];
        this.byTemplate.set(publicTemplate, { provider, app, uriTemplate, template, suffix });
        return [publicTemplate === uriTemplate ? definition : { ...definition, uriTemplate: publicTemplate }];
      }),
    );
  }

  find(publicUri: string): ResourceRoute | undefined {
    return this.byUri.get(publicUri);
  }

  /** The owner of a public template; its `uri` is the template in the owner's own words. */
  findTemplate(publicTemplate: string): ResourceRoute | undefined {
    const entry = this.byTemplate.get(publicTemplate);
    return entry && { provider: entry.provider, app: entry.app, uri: entry.uriTemplate };
  }

  /** Those whose templates a URI fits. Templates with a fragment of the gateway's own say whose they are, so they come first. */
  matching(uri: string): ResourceRoute[] {
    const fitting = [...this.byTemplate.values()].filter(({ template }) => template.matches(uri));
    fitting.sort((one, other) => Number(one.suffix === '') - Number(other.suffix === ''));
    return fitting.map(({ provider, app, suffix }) => ({
      provider,
      app,
      uri: uri.slice(0, uri.length - suffix.length),
    }));
  }

  /** Everybody who has any resource, for a URI that nobody lists. */
  everybody(uri: string): ResourceRoute[] {
    return [...this.apps.values()].map(({ provider, app }) => ({ provider, app, uri }));
  }

  private note(provider: ResourceProvider, app: string): void {
    const key = JSON.stringify([provider.id, app]);
    if (!this.apps.has(key)) this.apps.set(key, { provider, app, uri: '' });
  }
}

/** Gives out public URIs, in order: whoever comes first has the plain one. */
class PublicUris {
  private readonly taken = new Set<string>();
  private readonly seen = new Set<string>();

  constructor(private readonly view: View) {}

  /** @returns undefined for what the app has listed before */
  of({ id }: ResourceProvider, app: string, uri: string): string | undefined {
    if (this.view.own !== undefined && app !== this.view.own) return undefined;
    const identity = JSON.stringify([id, app, uri]);
    if (this.seen.has(identity)) return undefined;
    this.seen.add(identity);
    const named = `${uri}${uri.includes('#') ? '.' : '#'}${app}`;
    let candidate = uri;
    for (let count = 1; this.taken.has(candidate); count += 1) candidate = count === 1 ? named : `${named}.${count}`;
    this.taken.add(candidate);
    return candidate;
  }
}
