import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Bus, OnAnnounced, OnMissed } from '@manifold/bus';
import { Config } from '@manifold/config';
import {
  describesApps,
  notifiesChanges,
  ToolProviders,
  type AppState,
  type CallContext,
  type ChangedApp,
  type ToolResult,
} from '@manifold/tool-provider';
import { CallPipeline } from './calls/call-pipeline.js';
import { CallReports } from './calls/call-reports.js';
import type { CallGuard } from './calls/tool-call.js';
import type { Catalogue, CatalogueEntry, ListedTool, Listing } from './catalogue/catalogue.js';
import { Catalogues } from './catalogue/catalogues.js';
import {
  othersOn,
  TOOLS_CHANGED,
  TOOLS_LISTED,
  type ToolsChanged,
  type ToolsListed,
} from './listings/other-replicas.js';
import { ProviderListings } from './listings/provider-listings.js';
import { isReachable } from './listings/reachable-providers.js';
import { ToolSearches } from './search/tool-searches.js';
import { AppUnavailableError, UnknownToolError } from './calls/unknown-tool.error.js';
import { EVERYTHING, shows, type View } from './catalogue/view.js';
import { findWanted, type WantedTools } from './catalogue/wanted-tools.js';
import type { EndedCall } from './calls/ended-call.js';
import { Namespaces } from './uris/namespaces.js';

const LONGEST_TICK_MS = 1_000;

type MaybePromise<T> = T | Promise<T>;

/**
 * The tools that a principal can use, and the only way to call them. Both the MCP transport and the REST API use this class.
 *
 * If the listings are cached, a listing or call waits for no provider, database or compilation before the provider's own work.
 */
@Injectable()
export class ToolRegistry implements OnModuleInit, OnApplicationShutdown {
  private readonly listings: readonly ProviderListings[];
  private readonly catalogues: Catalogues;
  private readonly searches = new ToolSearches();
  private unsubscribe: (() => void)[] = [];
  private timer?: NodeJS.Timeout;

  constructor(
    providers: ToolProviders,
    private readonly config: Config,
    private readonly bus: Bus,
    private readonly pipeline: CallPipeline,
    private readonly reports: CallReports,
  ) {
    this.catalogues = new Catalogues(
      config.toolNameMax,
      new Namespaces(providers),
      (listing) => this.listings.some((listings) => listings.provider === listing.provider && listings.shows(listing)),
      (catalogue) => this.searches.forget(catalogue),
    );
    const forget = (listing: Listing): void => this.catalogues.forget(listing);
    this.listings = providers.all.map(
      (provider) => new ProviderListings(provider, config.toolListTtlMs, forget, othersOn(bus, provider.id)),
    );
  }

  onModuleInit(): void {
    this.unsubscribe = this.listings.flatMap((listings) => {
      const { provider } = listings;
      return notifiesChanges(provider)
        ? [provider.onToolsChanged((...change) => this.changed(listings, ...change))]
        : [];
    });
    const refresh = (): void => this.listings.forEach((listings) => listings.refreshDue(performance.now()));
    this.timer = setInterval(refresh, Math.min(LONGEST_TICK_MS, this.config.toolListTtlMs / 10)).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    for (const stop of this.unsubscribe) stop();
    for (const listings of this.listings) listings.close();
  }

  @OnAnnounced(TOOLS_CHANGED)
  changedElsewhere({ provider, key, app }: ToolsChanged): void {
    this.listingsOf(provider)?.changed(key, app);
  }

  @OnAnnounced(TOOLS_LISTED)
  listedElsewhere({ provider, key, digest }: ToolsListed): void {
    const listings = this.listingsOf(provider);
    if (listings?.differs(key, digest)) this.changed(listings, key);
  }

  @OnMissed()
  announcementsMissed(): void {
    for (const listings of this.listings) listings.changed();
  }

  /** Lists the tools of the caller in a stable order. Never rejects: a provider that cannot list is left out. */
  async list(context: CallContext, view: View = EVERYTHING): Promise<Catalogue> {
    return this.catalogues.only(view, await this.listingsFor(context));
  }

  /** Searches the tools of the caller for the words of a query, best match first. Never rejects. */
  async search(query: string, limit: number, context: CallContext, view: View): Promise<readonly ListedTool[]> {
    const search = await this.searches.of(await this.list(context));
    return search.find(query, limit, view);
  }

  /** Looks up tools that a client wants to enable. Never rejects. */
  async find(names: readonly string[], context: CallContext, view: View): Promise<WantedTools> {
    return findWanted(names, await this.list(context), view);
  }

  /**
   * Runs a tool by its public name. A tool that the view hides counts as unknown.
   * @param guard checks the call before it reaches the provider; the caller gets the error that the guard throws
   * @throws UnknownToolError | ProviderError
   */
  async call(
    publicName: string,
    args: Readonly<Record<string, unknown>>,
    context: CallContext,
    view: View,
    guard?: CallGuard,
  ): Promise<ToolResult> {
    const entry = find(await this.list(context), publicName, view);
    if (entry) return this.pipeline.run({ entry, args, context, guard, hasPublicUris: view.own === undefined });
    const unknown = new UnknownToolError(publicName);
    this.reports.refused({ app: view.own, tool: publicName, args, context }, unknown);
    throw unknown;
  }

  /**
   * Runs a tool by its app and its name inside the app, as REST callers do.
   * @throws AppUnavailableError | UnknownToolError | ProviderError
   */
  async callInApp(
    app: string,
    name: string,
    args: Readonly<Record<string, unknown>>,
    context: CallContext,
  ): Promise<ToolResult> {
    const entry = await this.entryInApp(app, name, context).catch((error: unknown) => {
      this.reports.refused({ app, tool: name, args, context }, error);
      throw error;
    });
    return this.pipeline.run({ entry, args, context });
  }

  /** See {@link CallReports.onCallEnded}. */
  onCallEnded(listener: (call: EndedCall) => void): () => void {
    return this.reports.onCallEnded(listener);
  }

  private async entryInApp(app: string, name: string, context: CallContext): Promise<CatalogueEntry> {
    const known = (await this.list(context)).findInApp(app, name);
    if (known) return known;
    const state = await this.describeApp(app, context.principal);
    if (state?.enabled) await state.untilListed?.(context);
    return this.demandInApp(app, name, context);
  }

  /** @throws AppUnavailableError | UnknownToolError that says why there is no such tool */
  private async demandInApp(app: string, name: string, context: CallContext): Promise<CatalogueEntry> {
    const catalogue = await this.list(context);
    const entry = catalogue.findInApp(app, name);
    if (entry) return entry;
    const state = await this.describeApp(app, context.principal);
    if (!state && !catalogue.hasApp(app)) throw new AppUnavailableError(app, 'unknown', `Server ${app} not found`);
    if (state && !state.enabled) throw new AppUnavailableError(app, 'disabled', `Server ${app} is disabled`);
    if (state?.unavailable) {
      const message = `Server ${app} is not available: ${state.unavailable}`;
      throw new AppUnavailableError(app, 'unavailable', message, state.isStarting);
    }
    throw new UnknownToolError(name);
  }

  /** Returns whether the caller has such an app. It may be disabled or down. */
  async knowsApp(app: string, principal: Principal, requestId: string): Promise<boolean> {
    if (await this.describeApp(app, principal)) return true;
    return this.catalogues.of(await this.listingsFor({ principal, requestId })).hasApp(app);
  }

  /**
   * Calls the listener when the tools of this principal have changed. While a listener is registered, listings are refreshed every
   * TOOL_LIST_TTL_MS in the background. When the principal gets a new credential, the caller must subscribe again.
   * @returns a function that ends the subscription; it must be called
   */
  onToolsChanged(principal: Principal, onChange: () => void): () => void {
    const leave = this.reachableBy(principal).map((listings) => listings.listen({ principal, onChange }));
    return () => leave.forEach((stop) => stop());
  }

  private changed(listings: ProviderListings, key?: string, app?: ChangedApp): void {
    listings.changed(key, app);
    void this.bus.announce(TOOLS_CHANGED, { provider: listings.provider.id, key, app });
  }

  private listingsOf(id: string): ProviderListings | undefined {
    return this.listings.find(({ provider }) => provider.id === id);
  }

  private listingsFor({ principal, requestId }: Pick<CallContext, 'principal' | 'requestId'>): MaybePromise<Listing[]> {
    const listings = this.reachableBy(principal).map((provider) => provider.get(principal, requestId));
    return listings.every(isThere) ? listings : Promise.all(listings);
  }

  private reachableBy(principal: Principal): readonly ProviderListings[] {
    if (principal.confinedTo === undefined) return this.listings;
    return this.listings.filter(({ provider }) => isReachable(provider, principal));
  }

  private async describeApp(app: string, principal: Principal): Promise<AppState | undefined> {
    for (const { provider } of this.reachableBy(principal)) {
      const state = describesApps(provider) ? await provider.describeApp(app, principal) : undefined;
      if (state) return state;
    }
    return undefined;
  }
}

/** Returns whether a listing is cached. Waiting for one that is there would cost turns of the event loop in each call. */
const isThere = (listing: MaybePromise<Listing>): listing is Listing => !(listing instanceof Promise);

/** Finds a tool by the name that the view shows. A tool that the view hides is not found. */
function find(catalogue: Catalogue, name: string, view: View): CatalogueEntry | undefined {
  if (view.own !== undefined) return catalogue.findInApp(view.own, name);
  const entry = catalogue.find(name);
  return entry && shows(view, entry.app) ? entry : undefined;
}
