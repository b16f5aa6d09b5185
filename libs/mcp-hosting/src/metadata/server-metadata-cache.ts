import { Injectable } from '@nestjs/common';
import { ResourceSubscriptions } from './resource-subscriptions.js';
import { ServerFeatures } from './server-features.js';
import { ServerEras } from './server-eras.js';
import { ServerSessions } from './server-sessions.js';
import { ServerTools } from './server-tools.js';

/** Cache of the metadata of servers, in memory and in the store. */
@Injectable()
export class ServerMetadataCache {
  constructor(
    readonly tools: ServerTools,
    readonly sessions: ServerSessions,
    readonly features: ServerFeatures,
    readonly subscriptions: ResourceSubscriptions,
    readonly eras: ServerEras,
  ) {}

  /** Removes the features and the era of a server, but not its tools and session. */
  async forget(tenant: string, name: string): Promise<void> {
    await Promise.all([this.features.forget(tenant, name), this.eras.forget(tenant, name)]);
  }
}
