import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import {
  declaresCapabilities,
  meetsClients,
  ToolProviders,
  type DeclaresCapabilities,
  type RawObject,
} from '@manifold/tool-provider';
import { isReachable } from './reachable-providers.js';

/** What an app said of itself. */
export type AppFeature = NonNullable<ReturnType<DeclaresCapabilities['serverFeatures']>>;

/** What the apps can do beyond tools, as they declare it. */
@Injectable()
export class AppFeatures {
  constructor(private readonly providers: ToolProviders) {}

  /** @returns undefined where nothing is known of the app yet, or where its provider never says */
  of(app: string, principal: Principal): AppFeature | undefined {
    for (const provider of this.providers.all) {
      if (!isReachable(provider, principal) || !declaresCapabilities(provider)) continue;
      const features = provider.serverFeatures(app, principal);
      if (features) return features;
    }
    return undefined;
  }

  /** A client that can be asked something is there: some apps have more for it. */
  clientArrived(principal: Principal, capabilities: RawObject): void {
    for (const provider of this.providers.all) {
      if (isReachable(provider, principal) && meetsClients(provider)) provider.clientArrived(principal, capabilities);
    }
  }
}
