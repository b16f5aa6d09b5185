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
import { isAffected } from '../listings/affected.js';
import { acquirePermit, outcomeOf } from '../calls/call-permits.js';
import { isReachable } from '../listings/reachable-providers.js';

/** List of one provider: the array that it returned. */
export interface ListedPrimitives<P, T> {
  readonly provider: P;
  readonly items: readonly T[];
}

/** Access to providers with an optional interface. It does for resources, prompts and completion what ToolRegistry does for tools. */
@Injectable()
export class ProviderPrimitives {
  private readonly logger = new Logger(ProviderPrimitives.name);

  constructor(
    private readonly providers: ToolProviders,
    private readonly gate: CallGate,
  ) {}

  /** Returns the providers that the principal may use, in listing order. */
  reachable<P extends ToolProvider>(has: (provider: ToolProvider) => provider is P, principal: Principal): P[] {
    return this.providers.all.filter(has).filter((provider) => isReachable(provider, principal));
  }

  /** Lists from each provider. A provider that cannot list is left out; only an aborted signal makes this reject. */
  async list<P extends ToolProvider, T>(
    providers: readonly P[],
    list: (provider: P) => Promise<readonly T[]>,
    { requestId, signal }: CallContext,
  ): Promise<ListedPrimitives<P, T>[]> {
    const answers = await Promise.all(
      providers.map(async (provider) => {
        try {
          return [{ provider, items: await list(provider) }];
        } catch (err) {
          if (signal.aborted) throw err;
          this.logger.warn({ msg: 'a provider cannot list its primitives', provider: provider.id, requestId, err });
          return [];
        }
      }),
    );
    return answers.flat();
  }

  /**
   * Calls a provider and logs the outcome.
   * @throws ProviderError; any other error of the provider is converted
   */
  async call<T>(
    method: string,
    { provider, app }: { readonly provider: ToolProvider; readonly app: string },
    context: CallContext,
    run: () => Promise<T>,
  ): Promise<T> {
    const { requestId, principal } = context;
    const permit = acquirePermit(this.gate, provider, app, context);
    let failure: ProviderError | undefined;
    try {
      return await run();
    } catch (error) {
      failure = error instanceof ProviderError ? error : this.unexpected(error, provider, method, requestId);
      throw failure;
    } finally {
      permit.release(outcomeOf(failure));
      const { id } = provider;
      const outcome = failure?.code ?? 'ok';
      this.logger.log({ msg: method, requestId, principal: principal.key, provider: id, app, outcome });
    }
  }

  /**
   * Calls the listener when the primitives of this principal have changed.
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
        if ((key === undefined || key === own) && isAffected(provider, principal, changed)) onChange();
      });
    });
    return () => leave.forEach((stop) => stop());
  }

  /** Replaces an error that a provider must not throw. The caller gets a generic message; the log has the original error. */
  private unexpected(err: unknown, { id }: ToolProvider, method: string, requestId: string): ProviderError {
    this.logger.error({ msg: 'provider threw an unexpected error type', provider: id, method, requestId, err });
    return new ProviderError('upstream_unavailable', 'The request cannot be carried out at the moment', { cause: err });
  }
}
