import { Injectable, Logger } from '@nestjs/common';
import PQueue from 'p-queue';
import type { Principal } from '@manifold/auth';
import { ProviderError, type CallContext, type ToolDescriptor } from '@manifold/tool-provider';
import { AccessTokens } from './access-tokens.service.js';
import { SharedTools, type AppTools } from './app-tools.js';
import { IntegrationAppClient } from './integration-app.client.js';
import { actionsOf, appsOf, type ConnectedApp } from './integration-app.mapper.js';
import { LastListings } from './last-listings.js';
import { withTimeLimit } from './time-limit.js';

/** Integrations of one user whose actions are asked for at once. */
const AT_ONCE = 10;
/** Milliseconds for the actions of one integration, and of all: below the 30 seconds that a listing may take. */
const APP_LIMIT_MS = 10_000;
const APPS_LIMIT_MS = 20_000;
const NO_TOOLS: readonly ToolDescriptor[] = [];

type Outcome = PromiseSettledResult<AppTools>;

/** Puts the tools of a principal together. */
@Injectable()
export class IntegrationAppTools {
  private readonly logger = new Logger(IntegrationAppTools.name);
  private readonly shared = new SharedTools();
  private readonly last = new LastListings();

  constructor(
    private readonly tokens: AccessTokens,
    private readonly client: IntegrationAppClient,
  ) {}

  /**
   * The tools of all integrations of which a connection works. One integration that fails does not hide the others: what it offered last
   * stays.
   * @throws ProviderError where the connections cannot be listed, or the actions of no integration can
   */
  async list(context: CallContext): Promise<readonly ToolDescriptor[]> {
    const { principal } = context;
    if (this.tokens.tokenOf(principal) === undefined) return NO_TOOLS;
    const { active, disconnected } = appsOf(await this.client.connections(context), () =>
      this.logger.warn({ msg: 'a connection cannot be used: it names no integration', principal: principal.key }),
    );
    const outcomes = await this.askAll(active, context);
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure && outcomes.every(({ status }) => status === 'rejected')) throw failure.reason;

    const unavailable = new Map(disconnected.map((key) => [key, 'disconnected: reconnect it']));
    const tools = new Map<string, AppTools>();
    active.forEach(({ key }, index) => {
      const offered = this.offered(key, outcomes[index]!, context);
      if (offered) tools.set(key, offered);
      else unavailable.set(key, 'its actions cannot be listed');
    });
    this.last.replace(principal, { tools, unavailable });
    return this.shared.ofApps([...tools.values()]);
  }

  /** Why an integration offers no tools to the principal, where that is known. */
  reasonOf(app: string, principal: Principal): string | undefined {
    return this.last.of(principal).unavailable.get(app);
  }

  private async askAll(apps: readonly ConnectedApp[], context: CallContext): Promise<Outcome[]> {
    const queue = new PQueue({ concurrency: AT_ONCE });
    const outcomes = await withTimeLimit(context, APPS_LIMIT_MS, (limited) =>
      Promise.allSettled(apps.map((app) => queue.add(() => this.ask(app, limited)))),
    );
    context.signal.throwIfAborted();
    return outcomes;
  }

  private async ask(app: ConnectedApp, context: CallContext): Promise<AppTools> {
    const items = await withTimeLimit(context, APP_LIMIT_MS, (limited) =>
      this.client.actions(app.integrationId, limited),
    );
    const actions = actionsOf(items, () =>
      this.logger.warn({ msg: 'an action cannot be used as it is described', integration: app.key }),
    );
    return this.shared.ofApp(app, actions);
  }

  private offered(integration: string, outcome: Outcome, { principal, requestId }: CallContext): AppTools | undefined {
    if (outcome.status === 'fulfilled') return outcome.value;
    const err = outcome.reason as unknown;
    const msg = 'the actions of an integration cannot be listed';
    this.logger.warn({ msg, integration, principal: principal.key, requestId, err });
    return isRefusal(err) ? undefined : this.last.of(principal).tools.get(integration);
  }
}

/** Whether the user may no longer see what there is. Else it is an outage, which passes. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ProviderError && ['permission_denied', 'reauth_required', 'not_connected'].includes(error.code);
