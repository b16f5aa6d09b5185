import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import {
  declaresCapabilities,
  observesClients,
  ToolProviders,
  type DeclaresCapabilities,
  type RawObject,
} from '@manifold/tool-provider';
import { isReachable } from '../listings/reachable-providers.js';

/** Capabilities, instructions and server info that an app has declared. */
export type AppFeature = NonNullable<ReturnType<DeclaresCapabilities['serverFeatures']>>;

/** The features that apps have declared. */
@Injectable()
export class AppFeatures {
  constructor(private readonly providers: ToolProviders) {}

  /** @returns undefined if nothing is known about the app yet, or if its provider does not report features */
  of(app: string, principal: Principal): AppFeature | undefined {
    for (const provider of this.providers.all) {
      if (!isReachable(provider, principal) || !declaresCapabilities(provider)) continue;
      const features = provider.serverFeatures(app, principal);
      if (features) return features;
    }
    return undefined;
  }

  /** Tells the providers that a client with these capabilities has connected. Some apps have additional tools for it. */
  onClientConnected(principal: Principal, capabilities: RawObject): void {
    for (const provider of this.providers.all) {
      if (isReachable(provider, principal) && observesClients(provider))
        provider.onClientConnected(principal, capabilities);
    }
  }
}
