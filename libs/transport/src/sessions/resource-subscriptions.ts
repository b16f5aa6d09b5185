import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import { openCall, type CallContext } from '@manifold/tool-provider';
import { Resources } from '@manifold/tool-registry';
import type { ClientSession } from './client-session.js';
import { invalidParams } from '../json-rpc/json-rpc-error.js';
import { notificationMessage } from '../json-rpc/json-rpc.js';

/** Maximum number of resources to which one client may subscribe. */
export const MAX_SUBSCRIPTIONS = 100;

/** Manages the resource subscriptions of the legacy era. Changes are announced on the stream of the client's session. */
@Injectable()
export class ResourceSubscriptions {
  private readonly logger = new Logger(ResourceSubscriptions.name);

  constructor(
    private readonly resources: Resources,
    private readonly config: Config,
  ) {}

  /** @throws JsonRpcError above the limit; UnknownResourceError | ProviderError */
  async subscribe(session: ClientSession, uri: string, context: CallContext): Promise<void> {
    const subscriptions = (session.subscriptions ??= new Map());
    if (subscriptions.get(uri)) return;
    if (subscriptions.size >= MAX_SUBSCRIPTIONS) {
      throw invalidParams(`A client may subscribe to ${MAX_SUBSCRIPTIONS} resources`);
    }
    const leave = await this.resources.subscribe(uri, context, session.view, (params) =>
      session.stream?.send(notificationMessage('notifications/resources/updated', params)),
    );
    // The session may have ended in the meantime, or another request of the client may already have subscribed.
    if (context.signal.aborted || subscriptions.get(uri)) leave();
    else subscriptions.set(uri, leave);
  }

  /** @returns whether there was such a subscription */
  unsubscribe({ subscriptions }: ClientSession, uri: string): boolean {
    subscriptions?.get(uri)?.();
    return subscriptions?.delete(uri) ?? false;
  }

  /** Renews the inactive subscriptions of a client that has opened its stream again, at this replica or after a restart. */
  async revive(session: ClientSession, principal: Principal, requestId: string): Promise<void> {
    for (const [uri, leave] of session.subscriptions ?? []) {
      if (leave) continue;
      const call = openCall({ principal, requestId, timeoutMs: this.config.toolCallTimeoutMs });
      try {
        session.subscriptions?.delete(uri);
        await this.subscribe(session, uri, call.context);
      } catch (err) {
        this.logger.warn({ msg: 'failed to renew an earlier subscription', requestId, err });
      } finally {
        call.close();
      }
    }
  }
}

/** Ends all subscriptions of a session that has ended. */
export function endSubscriptions({ subscriptions }: ClientSession): void {
  for (const leave of subscriptions?.values() ?? []) leave?.();
  subscriptions?.clear();
}
