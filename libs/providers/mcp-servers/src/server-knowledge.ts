import { Injectable } from '@nestjs/common';
import { ResourceSubscriptions } from './relay/resource-subscriptions.js';
import { ServerFeatures } from './relay/server-features.js';
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
  ) {}
}
