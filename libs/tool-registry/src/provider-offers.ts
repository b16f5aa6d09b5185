import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { CallGate } from '@manifold/limits';
import {
  ProviderError,
  sharesCatalogue,
  ToolProviders,
  type CallContext,
  type ChangedApp,
  type ToolProvider,
} from '@manifold/tool-provider';
import { isConcerned } from './concerned.js';
import { endingOf, enterGate } from './gated.js';
import { isReachable } from './reachable-providers.js';

/** What one provider answered: the array as it gave it. */
export interface Offer<P, T> {
  readonly provider: P;
  readonly items: readonly T[];
}

/** Reaches the providers that have a certain power: for resources, prompts and completion what ToolRegistry is for tools. */
@Injectable()
export class ProviderOffers {
  private readonly logger = new Logger(ProviderOffers.name);

  constructor(
    private readonly providers: ToolProviders,
    private readonly gate: CallGate,
  ) {}

  /** Those that the principal may use, in listing order. */
  reachable<P extends ToolProvider>(has: (provider: ToolProvider) => provider is P, principal: Principal): P[] {
    return this.providers.all.filter(has).filter((provider) => isReachable(provider, principal));
  }

  /** Never fails: a provider that cannot list is left out. */
  async list<P extends ToolProvider, T>(
    providers: readonly P[],
    list: (provider: P) => Promise<readonly T[]>,
    { requestId, signal }: CallContext,
  ): Promise<Offer<P, T>[]> {
    const answers = await Promise.all(
      providers.map(async (provider) => {
        try {
          return [{ provider, items: await list(provider) }];
        } catch (err) {
          if (signal.aborted) throw err;
          this.logger.warn({ msg: 'a provider cannot list what it offers', provider: provider.id, requestId, err });
          return [];
        }
      }),
    );
    return answers.flat();
  }

  /**
   * Calls a provider, and says so in the log.
   * @throws ProviderError, whatever the provider threw
   */
  async call<T>(
    method: string,
    { provider, app }: { readonly provider: ToolProvider; readonly app: string },
    context: CallContext,
    run: () => Promise<T>,
  ): Promise<T> {
    const { requestId, principal } = context;
    const passage = enterGate(this.gate, provider, app, context);
    let failure: ProviderError | undefined;
    try {
      return await run();
    } catch (error) {
      failure = error instanceof ProviderError ? error : this.unexpected(error, provider, method, requestId);
      throw failure;
    } finally {
      passage.end(endingOf(failure));
      const { id } = provider;
      const outcome = failure?.code ?? 'ok';
      this.logger.log({ msg: method, requestId, principal: principal.key, provider: id, app, outcome });
    }
  }

  /**
   * Tells the listener when what the principal is offered has changed, and of nobody else's.
   * @param follow subscribes to the announcements of one provider
   */
  onChanged<P extends ToolProvider>(
    providers: readonly P[],
    principal: Principal,
    follow: (provider: P, listener: (catalogueKey?: string, changed?: ChangedApp) => void) => () => void,
    onChange: () => void,
  ): () => void {
    const leave = providers.map((provider) => {
      const own = sharesCatalogue(provider) ? provider.catalogueKey(principal) : principal.key;
      return follow(provider, (key, changed) => {
        if ((key === undefined || key === own) && isConcerned(provider, principal, changed)) onChange();
      });
    });
    return () => leave.forEach((stop) => stop());
  }

  /** A provider broke its contract. The caller learns nothing of it, the operator everything. */
  private unexpected(err: unknown, { id }: ToolProvider, method: string, requestId: string): ProviderError {
    this.logger.error({ msg: 'a provider threw what it must not', provider: id, method, requestId, err });
    return new ProviderError('upstream_unavailable', 'This cannot be done at the moment', { cause: err });
  }
}
