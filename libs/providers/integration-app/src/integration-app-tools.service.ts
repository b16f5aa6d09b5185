import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import PQueue from 'p-queue';
import type { Principal } from '@manifold/auth';
import type { CallContext, ToolDescriptor } from '@manifold/tool-provider';
import { AccessTokens } from './access-tokens.service.js';
import { IntegrationAppClient } from './integration-app.client.js';
import { actionsOf, appsOf, toolOf, type ConnectedApp, type ConnectedApps } from './integration-app.mapper.js';
import { withTimeLimit } from './time-limit.js';
import { UnavailableApps } from './unavailable-apps.js';

/** Integrations of one user whose actions are asked for at once. */
const AT_ONCE = 10;
/** Milliseconds for the actions of one integration, and of all: below the 30 seconds that a listing may take. */
const APP_LIMIT_MS = 10_000;
const APPS_LIMIT_MS = 20_000;
const MOST_APPS = 1_000;
const MOST_LISTINGS = 1_000;
const NO_TOOLS: readonly ToolDescriptor[] = [];
const DISCONNECTED = 'disconnected: reconnect it';

interface AppTools {
  /** Of everything that the tools say: users with equal ones share them. */
  readonly digest: string;
  readonly tools: readonly ToolDescriptor[];
}

/** Puts the tools of a principal together. Equal upstream answers give one array, however many users there are. */
@Injectable()
export class IntegrationAppTools {
  private readonly logger = new Logger(IntegrationAppTools.name);
  private readonly unavailable = new UnavailableApps();
  private readonly apps = new LRUCache<string, AppTools>({ max: MOST_APPS });
  private readonly listings = new LRUCache<string, readonly ToolDescriptor[]>({ max: MOST_LISTINGS });

  constructor(
    private readonly tokens: AccessTokens,
    private readonly client: IntegrationAppClient,
  ) {}

  /** @throws ProviderError where the connections cannot be listed, or the actions of no integration can */
  async list(context: CallContext): Promise<readonly ToolDescriptor[]> {
    const { principal } = context;
    if (this.tokens.tokenOf(principal) === undefined) return NO_TOOLS;
    const apps = appsOf(await this.client.connections(context), () =>
      this.logger.warn({ msg: 'a connection cannot be used: it names no integration', principal: principal.key }),
    );
    const listed = await this.toolsOfAll(apps, context);
    const key = listed.map(({ digest }) => digest).join();
    const known = this.listings.get(key);
    if (known) return known;
    const tools = listed.flatMap(({ tools }) => tools);
    this.listings.set(key, tools);
    return tools;
  }

  /** Why an integration offers no tools to the principal, where that is known. */
  reasonOf(app: string, principal: Principal): string | undefined {
    return this.unavailable.reasonOf(app, principal);
  }

  /** One integration that fails does not hide the others; where all fail, there is no listing. */
  private async toolsOfAll({ active, disconnected }: ConnectedApps, context: CallContext): Promise<AppTools[]> {
    const queue = new PQueue({ concurrency: AT_ONCE });
    const outcomes = await withTimeLimit(context, APPS_LIMIT_MS, (limited) =>
      Promise.allSettled(active.map((app) => queue.add(() => this.toolsOf(app, limited)))),
    );
    context.signal.throwIfAborted();
    const reasons = new Map(disconnected.map((key) => [key, DISCONNECTED]));
    const listed: AppTools[] = [];
    outcomes.forEach((outcome, index) => {
      if (outcome.status === 'fulfilled') return listed.push(outcome.value);
      const { key } = active[index]!;
      reasons.set(key, 'its actions cannot be listed');
      return this.logger.warn({
        msg: 'the actions of an integration cannot be listed',
        integration: key,
        principal: context.principal.key,
        requestId: context.requestId,
        err: outcome.reason as unknown,
      });
    });
    this.unavailable.replace(context.principal, reasons);
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure && listed.length === 0) throw failure.reason;
    return listed;
  }

  private async toolsOf(app: ConnectedApp, context: CallContext): Promise<AppTools> {
    const items = await withTimeLimit(context, APP_LIMIT_MS, (limited) =>
      this.client.actions(app.integrationId, limited),
    );
    const actions = actionsOf(items, () =>
      this.logger.warn({ msg: 'an action cannot be used as it is described', integration: app.key }),
    );
    const digest = createHash('sha256')
      .update(JSON.stringify([app.key, app.name, actions]))
      .digest('base64');
    const known = this.apps.get(digest);
    if (known) return known;
    const listed = { digest, tools: actions.map((action) => toolOf(app, action)) };
    this.apps.set(digest, listed);
    return listed;
  }
}
