import { Injectable, Logger } from '@nestjs/common';
import PQueue from 'p-queue';
import { withTimeLimit } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import { ProviderError, type CallContext, type ToolDescriptor } from '@manifold/tool-provider';
import { AccessTokens } from './access-tokens.service.js';
import { SharedTools, type AppTools } from './app-tools.js';
import { IntegrationAppClient } from './integration-app.client.js';
import { actionsOf, appsOf, type ConnectedApp } from './integration-app.mapper.js';
import { LastListings } from './last-listings.js';

/** Maximum number of integrations of one user whose actions are requested at the same time. */
const AT_ONCE = 10;
/** Time limits in milliseconds for the actions of one integration and of all. They are below the 30-second limit of a listing. */
const APP_LIMIT_MS = 10_000;
const APPS_LIMIT_MS = 20_000;
const NO_TOOLS: readonly ToolDescriptor[] = [];

type Outcome = PromiseSettledResult<AppTools>;

/** Builds the list of tools of a principal. */
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
   * Returns the tools of all integrations that have a working connection. If one integration fails, the others are still listed, and its
   * last known tools stay. If it refuses the user's access, its tools are removed.
   * @throws ProviderError if the connections cannot be listed, or if the actions of every integration fail
   */
  async list(context: CallContext): Promise<readonly ToolDescriptor[]> {
    const { principal } = context;
    if (!this.serves(principal)) return NO_TOOLS;
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

  /** Returns whether the principal can have tools here. */
  serves(principal: Principal): boolean {
    return this.tokens.serves(principal);
  }

  /** Returns the reason why an integration offers no tools to the principal, if it is known. */
  reasonOf(app: string, principal: Principal): string | undefined {
    if (!this.serves(principal)) return undefined;
    return this.last.of(principal).unavailable.get(app);
  }

  private async askAll(apps: readonly ConnectedApp[], context: CallContext): Promise<Outcome[]> {
    const queue = new PQueue({ concurrency: AT_ONCE });
    const outcomes = await limited(context, APPS_LIMIT_MS, (part) =>
      Promise.allSettled(apps.map((app) => queue.add(() => this.ask(app, part)))),
    );
    context.signal.throwIfAborted();
    return outcomes;
  }

  private async ask(app: ConnectedApp, context: CallContext): Promise<AppTools> {
    const items = await limited(context, APP_LIMIT_MS, (part) => this.client.actions(app.integrationId, part));
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

/** Runs a part of a call with a shorter time limit. After the limit, only this part is aborted, with `timeout`. */
function limited<T>(
  context: CallContext,
  milliseconds: number,
  part: (context: CallContext) => Promise<T>,
): Promise<T> {
  const late = (): Error => new ProviderError('timeout', `No answer within ${milliseconds} ms`);
  return withTimeLimit(context.signal, milliseconds, late, (signal) =>
    part({ ...context, signal, cancellation: signal }),
  );
}

/** Returns whether the upstream refused the user. Any other error counts as a temporary outage. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ProviderError && ['permission_denied', 'reauth_required', 'not_connected'].includes(error.code);
