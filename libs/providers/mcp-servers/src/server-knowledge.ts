import { Injectable } from '@nestjs/common';
import { ResourceSubscriptions } from './relay/resource-subscriptions.js';
import { ServerFeatures } from './relay/server-features.js';
import { ServerEras } from './server-eras.js';
import { ServerSessions } from './server-sessions.js';
import { ServerTools } from './server-tools.js';

/** Where what is found out about servers is kept. */
@Injectable()
export class ServerKnowledge {
  constructor(
    readonly tools: ServerTools,
    readonly sessions: ServerSessions,
    readonly features: ServerFeatures,
    readonly subscriptions: ResourceSubscriptions,
    readonly eras: ServerEras,
  ) {}

  /** What was found out beside tools and session. */
  async forget(tenant: string, name: string): Promise<void> {
    await Promise.all([this.features.forget(tenant, name), this.eras.forget(tenant, name)]);
  }
}
