import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Config } from '@manifold/config';
import { Metrics } from '@manifold/observability';
import {
  describesApps,
  notifiesChanges,
  ProviderError,
  ToolProviders,
  type AppState,
  type CallContext,
  type ToolResult,
} from '@manifold/tool-provider';
import { Catalogue, type CatalogueEntry, type Listing } from './catalogue.js';
import { ProviderListings } from './provider-listings.js';
import { AppUnavailableError, UnknownToolError } from './unknown-tool.error.js';

const MAX_CATALOGUES = 1_000;

/**
 * What a principal can use, and the one way to use it. Transport and REST both enter here: there is no second path to a tool.
 *
 * A warm listing or call awaits no provider, database or compilation before the provider's own work.
 */
@Injectable()
export class ToolRegistry implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(ToolRegistry.name);
  private readonly listings: readonly ProviderListings[];
  /** Combinations of listings that were seen together: principals who see the same share one catalogue. */
  private readonly catalogues = new LRUCache<string, Catalogue>({ max: MAX_CATALOGUES });
  private readonly numbers = new WeakMap<Listing, number>();
  private readonly listeners = new Set<() => void>();
  private lastNumber = 0;
  private unsubscribe: (() => void)[] = [];

  constructor(
    private readonly providers: ToolProviders,
    private readonly config: Config,
    private readonly metrics: Metrics,
  ) {
    this.listings = providers.all.map((provider) => new ProviderListings(provider));
  }

  onModuleInit(): void {
    this.unsubscribe = this.listings.flatMap((listings) =>
      notifiesChanges(listings.provider) ? [listings.provider.onToolsChanged(() => this.changed(listings))] : [],
    );
  }

  onApplicationShutdown(): void {
    for (const stop of this.unsubscribe) stop();
  }

  /** All tools of the caller, in a stable order. Never fails: a provider that cannot list is left out. */
  async list(context: CallContext): Promise<Catalogue> {
    const pending = this.listings.map((listings) => listings.get(context.principal, context.requestId));
    return this.catalogueOf(await Promise.all(pending));
  }

  /**
   * Runs a tool by its public name.
   * @throws UnknownToolError | ProviderError
   */
  async call(publicName: string, args: Readonly<Record<string, unknown>>, context: CallContext): Promise<ToolResult> {
    const entry = (await this.list(context)).find(publicName);
    if (!entry) throw new UnknownToolError(publicName);
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
    const catalogue = await this.list(context);
    const entry = catalogue.findInApp(app, name);
    if (entry) return this.dispatch(entry, args, context);
    const state = await this.describeApp(app, context);
    if (!state && !catalogue.hasApp(app)) throw new AppUnavailableError(app, 'unknown', `Server ${app} not found`);
    if (state && !state.enabled) throw new AppUnavailableError(app, 'disabled', `Server ${app} is disabled`);
    if (state?.unavailable) {
      throw new AppUnavailableError(app, 'unavailable', `Server ${app} is not available: ${state.unavailable}`);
    }
    throw new UnknownToolError(name);
  }

  /** @returns a function that ends the subscription */
  onToolsChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private changed(listings: ProviderListings): void {
    listings.invalidate();
    for (const listener of this.listeners) listener();
  }

  private catalogueOf(listings: readonly Listing[]): Catalogue {
    const key = listings.map((listing) => this.numberOf(listing)).join('.');
    const known = this.catalogues.get(key);
    if (known) return known;
    const catalogue = new Catalogue(listings, this.config.toolNameMax);
    this.catalogues.set(key, catalogue);
    return catalogue;
  }

  private numberOf(listing: Listing): number {
    const known = this.numbers.get(listing);
    if (known !== undefined) return known;
    this.lastNumber += 1;
    this.numbers.set(listing, this.lastNumber);
    return this.lastNumber;
  }

  private async describeApp(app: string, context: CallContext): Promise<AppState | undefined> {
    for (const provider of this.providers.all) {
      const state = describesApps(provider) ? await provider.describeApp(app, context.principal) : undefined;
      if (state) return state;
    }
    return undefined;
  }

  private async dispatch(
    entry: CatalogueEntry,
    args: Readonly<Record<string, unknown>>,
    context: CallContext,
  ): Promise<ToolResult> {
    const started = performance.now();
    let outcome = 'ok';
    try {
      const result = await entry.provider.callTool(entry.descriptor.ref, args, context);
      if (result.isError === true) outcome = 'tool_error';
      return result;
    } catch (error) {
      const known = error instanceof ProviderError ? error : this.unexpected(error, entry, context);
      outcome = known.code;
      throw known;
    } finally {
      this.record(entry, context, outcome, performance.now() - started);
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

  private record(entry: CatalogueEntry, context: CallContext, outcome: string, milliseconds: number): void {
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
