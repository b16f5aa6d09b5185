import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Bus } from '@manifold/bus';
import { Config } from '@manifold/config';
import { CallGate, type Passage } from '@manifold/limits';
import { Metrics } from '@manifold/metrics';
import {
  describesApps,
  notifiesChanges,
  ProviderError,
  ToolProviders,
  type AppState,
  type CallContext,
  type ChangedApp,
  type ToolDefinition,
  type ToolResult,
} from '@manifold/tool-provider';
import type { Catalogue, CatalogueEntry, ListedTool, Listing } from './catalogue.js';
import { Catalogues } from './catalogues.js';
import { othersOn, TOOLS_CHANGED, TOOLS_LISTED } from './other-replicas.js';
import { ProviderListings } from './provider-listings.js';
import { isReachable } from './reachable-providers.js';
import { ToolSearches } from './tool-searches.js';
import { AppUnavailableError, UnknownToolError } from './unknown-tool.error.js';
import { EVERYTHING, shows, type View } from './view.js';
import { findWanted, type WantedTools } from './wanted-tools.js';
import { refusalCode, type EndedCall } from './ended-call.js';
import { endingOf, enterGate } from './gated.js';

const LONGEST_TICK_MS = 1_000;

/**
 * What a principal can use, and the one way to use it. Transport and REST both enter here: there is no second path to a tool.
 *
 * A warm listing or call awaits no provider, database or compilation before the provider's own work.
 */
@Injectable()
export class ToolRegistry implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(ToolRegistry.name);
  private readonly listings: readonly ProviderListings[];
  private readonly catalogues: Catalogues;
  private readonly searches = new ToolSearches();
  private unsubscribe: (() => void)[] = [];
  private timer?: NodeJS.Timeout;
  private readonly listeners = new Set<(call: EndedCall) => void>();

  constructor(
    providers: ToolProviders,
    private readonly config: Config,
    private readonly metrics: Metrics,
    private readonly bus: Bus,
    private readonly gate: CallGate,
  ) {
    this.catalogues = new Catalogues(
      config.toolNameMax,
      (listing) => this.listings.some((listings) => listings.provider === listing.provider && listings.shows(listing)),
      (catalogue) => this.searches.forget(catalogue),
    );
    const forget = (listing: Listing): void => this.catalogues.forget(listing);
    this.listings = providers.all.map(
      (provider) => new ProviderListings(provider, config.toolListTtlMs, forget, othersOn(bus, provider.id)),
    );
  }

  onModuleInit(): void {
    this.unsubscribe = this.listings.flatMap((listings) =>
      notifiesChanges(listings.provider)
        ? [listings.provider.onToolsChanged((key, app) => this.changed(listings, key, app))]
        : [],
    );
    this.unsubscribe.push(
      this.bus.onAnnounced(TOOLS_CHANGED, ({ provider, key, app }) => {
        this.listingsOf(provider)?.changed(key, app);
      }),
      this.bus.onAnnounced(TOOLS_LISTED, ({ provider, key, digest }) => {
        const listings = this.listingsOf(provider);
        if (listings?.differs(key, digest)) this.changed(listings, key);
      }),
      this.bus.onMissed(() => this.listings.forEach((listings) => listings.changed())),
    );
    const tickMs = Math.min(LONGEST_TICK_MS, this.config.toolListTtlMs / 10);
    this.timer = setInterval(() => this.refreshDue(performance.now()), tickMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    for (const stop of this.unsubscribe) stop();
    for (const listings of this.listings) listings.close();
  }

  /** The tools of the caller, in a stable order. Never fails: a provider that cannot list is left out. */
  async list(context: CallContext, view: View = EVERYTHING): Promise<Catalogue> {
    return this.catalogues.only(view, await this.listingsFor(context));
  }

  /** The tools of the caller that fit a query in words, best first. Never fails. */
  async search(query: string, limit: number, context: CallContext, view: View): Promise<readonly ListedTool[]> {
    const search = await this.searches.of(await this.list(context));
    return search.find(query, limit, view);
  }

  /** Looks up tools that a client wants to enable. Never fails. */
  async find(names: readonly string[], context: CallContext, view: View): Promise<WantedTools> {
    return findWanted(names, await this.list(context), view);
  }

  /**
   * Runs a tool by its public name. What the view hides is unknown.
   * @param guard sees the call before the provider does; what it throws goes to the caller
   * @throws UnknownToolError | ProviderError
   */
  async call(
    publicName: string,
    args: Readonly<Record<string, unknown>>,
    context: CallContext,
    view: View,
    guard?: { checkCall(definition: ToolDefinition, args: Readonly<Record<string, unknown>>): void },
  ): Promise<ToolResult> {
    const entry = find(await this.list(context), publicName, view);
    const called = { app: entry?.app ?? view.own, tool: entry?.name ?? publicName, args, context };
    if (!entry) throw this.refused(called, new UnknownToolError(publicName));
    try {
      guard?.checkCall(entry.definition, args);
    } catch (error) {
      throw this.refused(called, error);
    }
    return this.dispatch(entry, args, context);
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
    let entry;
    try {
      entry = await this.entryInApp(app, name, context);
    } catch (error) {
      throw this.refused({ app, tool: name, args, context }, error);
    }
    return this.dispatch(entry, args, context);
  }

  /**
   * Tells the listener of each call of a tool that has ended, also of those that reached no provider.
   * @param listener must not throw, and must cost little: the caller waits for it
   * @returns a function that ends the subscription
   */
  onCallEnded(listener: (call: EndedCall) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async entryInApp(app: string, name: string, context: CallContext): Promise<CatalogueEntry> {
    const catalogue = await this.list(context);
    const entry = catalogue.findInApp(app, name);
    if (entry) return entry;
    const state = await this.describeApp(app, context.principal);
    if (!state && !catalogue.hasApp(app)) throw new AppUnavailableError(app, 'unknown', `Server ${app} not found`);
    if (state && !state.enabled) throw new AppUnavailableError(app, 'disabled', `Server ${app} is disabled`);
    if (state?.demandsConsent) {
      await state.demandsConsent(context);
      const shown = (await this.list(context)).findInApp(app, name);
      if (shown) return shown;
    }
    if (state?.unavailable) {
      throw new AppUnavailableError(app, 'unavailable', `Server ${app} is not available: ${state.unavailable}`);
    }
    throw new UnknownToolError(name);
  }

  /** Whether there is such an app for the caller, be it disabled or down. */
  async knowsApp(app: string, principal: Principal, requestId: string): Promise<boolean> {
    if (await this.describeApp(app, principal)) return true;
    return this.catalogues.of(await this.listingsFor({ principal, requestId })).hasApp(app);
  }

  /**
   * Tells the listener when the tools of this principal have changed, and of no other's. While somebody listens, listings are
   * refreshed every TOOL_LIST_TTL_MS without being asked for. Call it anew when the principal's credential is a new one.
   * @returns a function that ends the subscription; it must be called
   */
  onToolsChanged(principal: Principal, onChange: () => void): () => void {
    const listener = { principal, onChange };
    const leave = this.reachableBy(principal).map((listings) => listings.listen(listener));
    return () => leave.forEach((stop) => stop());
  }

  private changed(listings: ProviderListings, key?: string, app?: ChangedApp): void {
    listings.changed(key, app);
    void this.bus.announce(TOOLS_CHANGED, { provider: listings.provider.id, key, app });
  }

  private listingsOf(id: string): ProviderListings | undefined {
    return this.listings.find(({ provider }) => provider.id === id);
  }

  private listingsFor({ principal, requestId }: Pick<CallContext, 'principal' | 'requestId'>): Promise<Listing[]> {
    return Promise.all(this.reachableBy(principal).map((listings) => listings.get(principal, requestId)));
  }

  private reachableBy(principal: Principal): readonly ProviderListings[] {
    if (principal.confinedTo === undefined) return this.listings;
    return this.listings.filter(({ provider }) => isReachable(provider, principal));
  }

  private refreshDue(now: number): void {
    for (const listings of this.listings) listings.refreshDue(now);
  }

  private async describeApp(app: string, principal: Principal): Promise<AppState | undefined> {
    for (const { provider } of this.reachableBy(principal)) {
      const state = describesApps(provider) ? await provider.describeApp(app, principal) : undefined;
      if (state) return state;
    }
    return undefined;
  }

  private async dispatch(
    entry: CatalogueEntry,
    args: Readonly<Record<string, unknown>>,
    context: CallContext,
  ): Promise<ToolResult> {
    let passage: Passage;
    try {
      passage = enterGate(this.gate, entry.provider, entry.app, context);
    } catch (error) {
      throw this.refused({ app: entry.app, tool: entry.name, args, context }, error);
    }
    const started = performance.now();
    let outcome = 'ok';
    let failure: ProviderError | undefined;
    try {
      const result = await entry.provider.callTool(entry.descriptor.ref, args, context);
      if (result.isError === true) outcome = 'tool_error';
      return result;
    } catch (error) {
      failure = error instanceof ProviderError ? error : this.unexpected(error, entry, context);
      outcome = failure.code;
      throw failure;
    } finally {
      passage.end(endingOf(failure));
      this.record(entry, context, outcome, performance.now() - started, args);
    }
  }

  /** A provider broke its contract. The caller learns nothing of it, the operator everything. */
  private unexpected(error: unknown, entry: CatalogueEntry, context: CallContext): ProviderError {
    this.logger.error({
      msg: 'a provider threw what it must not',
      provider: entry.provider.id,
      tool: entry.publicName,
      requestId: context.requestId,
      err: error,
    });
    return new ProviderError('upstream_unavailable', 'The tool cannot be run at the moment', { cause: error });
  }

  /** The call reaches no provider. @returns the error */
  private refused(call: Pick<EndedCall, 'app' | 'tool' | 'args' | 'context'>, error: unknown): unknown {
    const outcome = refusalCode(error);
    for (const tell of this.listeners) tell({ ...call, outcome, milliseconds: 0 });
    return error;
  }

  private record(
    entry: CatalogueEntry,
    context: CallContext,
    outcome: string,
    milliseconds: number,
    args: EndedCall['args'],
  ): void {
    for (const tell of this.listeners) tell({ app: entry.app, tool: entry.name, args, context, outcome, milliseconds });
    this.metrics.toolCall(entry.provider.id, entry.app, outcome, milliseconds / 1000);
    this.logger.log({
      msg: 'tool call',
      requestId: context.requestId,
      principal: context.principal.key,
      provider: entry.provider.id,
      app: entry.app,
      tool: entry.name,
      outcome,
      ms: Math.round(milliseconds * 10) / 10,
    });
  }
}

/** Looked up by the name that the view shows: what it hides is unknown. */
function find(catalogue: Catalogue, name: string, view: View): CatalogueEntry | undefined {
  if (view.own !== undefined) return catalogue.findInApp(view.own, name);
  const entry = catalogue.find(name);
  return entry && shows(view, entry.app) ? entry : undefined;
}
