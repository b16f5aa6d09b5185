import { Injectable } from '@nestjs/common';
import {
  declaresCapabilities,
  relaysTasks,
  type CallContext,
  type DeclaresCapabilities,
  type RawObject,
  type RelaysTasks,
  type ToolProvider,
} from '@manifold/tool-provider';
import { ProviderOffers } from './provider-offers.js';

type TaskProvider = ToolProvider & RelaysTasks & DeclaresCapabilities;

const hasTasks = (provider: ToolProvider): provider is TaskProvider =>
  relaysTasks(provider) && declaresCapabilities(provider);

/** Reaches the tasks that calls have left behind at an app. */
@Injectable()
export class Tasks {
  constructor(private readonly offers: ProviderOffers) {}

  /**
   * @param params with the app's own `taskId`
   * @returns undefined where no provider knows the app
   * @throws ProviderError
   */
  async relay(app: string, method: string, params: RawObject, context: CallContext): Promise<RawObject | undefined> {
    const { principal } = context;
    const providers = this.offers.reachable(hasTasks, principal);
    const provider = providers.find((candidate) => candidate.serverFeatures(app, principal) !== undefined);
    if (!provider) return undefined;
    return this.offers.call(method, { provider, app }, context, () => provider.relayTask(app, method, params, context));
  }
}
