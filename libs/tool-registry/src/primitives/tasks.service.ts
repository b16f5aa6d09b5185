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
import { ProviderPrimitives } from './provider-primitives.js';

type TaskProvider = ToolProvider & RelaysTasks & DeclaresCapabilities;

const hasTasks = (provider: ToolProvider): provider is TaskProvider =>
  relaysTasks(provider) && declaresCapabilities(provider);

/** Access to the tasks that tool calls have created at an app. */
@Injectable()
export class Tasks {
  constructor(private readonly primitives: ProviderPrimitives) {}

  /**
   * @param params params with the app's own `taskId`
   * @returns undefined if no provider knows the app
   * @throws ProviderError
   */
  async relay(app: string, method: string, params: RawObject, context: CallContext): Promise<RawObject | undefined> {
    const { principal } = context;
    const providers = this.primitives.reachable(hasTasks, principal);
    const provider = providers.find((candidate) => candidate.serverFeatures(app, principal) !== undefined);
    if (!provider) return undefined;
    return this.primitives.call(method, { provider, app }, context, () =>
      provider.relayTask(app, method, params, context),
    );
  }
}
