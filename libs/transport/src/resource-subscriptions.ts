import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import { openCall, type CallContext } from '@manifold/tool-provider';
import { Resources } from '@manifold/tool-registry';
import type { ClientSession } from './client-session.js';
import { invalidParams } from './json-rpc-error.js';
import { notificationMessage } from './json-rpc.js';

/** Resources that one client may listen to. */
export const MAX_SUBSCRIPTIONS = 100;

/** What clients of the legacy era have subscribed to. Changes are announced on the stream that the client listens on. */
@Injectable()
export class ResourceSubscriptions {
  private readonly logger = new Logger(ResourceSubscriptions.name);

  constructor(
    private readonly resources: Resources,
    private readonly config: Config,
  ) {}

  /** @throws JsonRpcError for one too many; UnknownResourceError | ProviderError */
  async subscribe(session: ClientSession, uri: string, context: CallContext): Promise<void> {
    const subscriptions = (session.subscriptions ??= new Map());
    if (subscriptions.get(uri)) return;
    if (subscriptions.size >= MAX_SUBSCRIPTIONS) {
      throw invalidParams(`A client may subscribe to ${MAX_SUBSCRIPTIONS} resources`);
    }
    const leave = await this.resources.subscribe(uri, context, session.view, (params) =>
      session.stream?.send(notificationMessage('notifications/resources/updated', params)),
    );
    // The session may have ended meanwhile, or a request of the same client may have been faster.
    if (context.signal.aborted || subscriptions.get(uri)) leave();
    else subscriptions.set(uri, leave);
  }

  /** @returns whether there was such a subscription */
  unsubscribe({ subscriptions }: ClientSession, uri: string): boolean {
    subscriptions?.get(uri)?.();
    return subscriptions?.delete(uri) ?? false;
  }

  /** The client listens again, here or after a restart: what it had subscribed to before is followed once more. */
  async revive(session: ClientSession, principal: Principal, requestId: string): Promise<void> {
    for (const [uri, leave] of session.subscriptions ?? []) {
      if (leave) continue;
      const call = openCall({ principal, requestId, timeoutMs: this.config.toolCallTimeoutMs });
      try {
        session.subscriptions?.delete(uri);
        await this.subscribe(session, uri, call.context);
      } catch (err) {
        this.logger.warn({ msg: 'a subscription from before could not be renewed', requestId, err });
      } finally {
        call.close();
      }
    }
  }
}

/** The session has ended. */
export function endSubscriptions({ subscriptions }: ClientSession): void {
  for (const leave of subscriptions?.values() ?? []) leave?.();
  subscriptions?.clear();
}
