import { Injectable } from '@nestjs/common';
import type { CallContext } from '@manifold/tool-provider';
import { UnknownResourceError } from '@manifold/tool-registry';
import type { ClientSession } from './client-session.js';
import { readLogLevel } from './log-level.js';
import type { Params } from './json-rpc.js';
import type { Client, MethodHandler, MethodResult } from './method-handler.js';
import { readUri, resourceNotFound } from './resource-methods.js';
import { ResourceSubscriptions } from './resource-subscriptions.js';
import { SessionStore } from './session-store.js';

const DONE: MethodResult = {};

/** What only clients with a session can ask for: `logging/setLevel`, `resources/subscribe` and `resources/unsubscribe`. */
@Injectable()
export class SessionMethods {
  readonly handlers: Readonly<Record<string, MethodHandler>> = {
    'logging/setLevel': (params, _context, client) => this.setLevel(params, sessionOf(client)),
    'resources/subscribe': (params, context, client) => this.subscribe(params, context, sessionOf(client)),
    'resources/unsubscribe': (params, _context, client) => this.unsubscribe(params, sessionOf(client)),
  };

  constructor(
    private readonly subscriptions: ResourceSubscriptions,
    private readonly store: SessionStore,
  ) {}

  private async setLevel({ level }: Params, session: ClientSession): Promise<MethodResult> {
    const logLevel = readLogLevel(level);
    if (session.logLevel === logLevel) return DONE;
    if (session.id !== undefined) await this.store.change(session.id, { logLevel });
    session.logLevel = logLevel;
    return DONE;
  }

  private async subscribe(params: Params, context: CallContext, session: ClientSession): Promise<MethodResult> {
    const uri = readUri(params);
    try {
      await this.subscriptions.subscribe(session, uri, context);
    } catch (error) {
      throw error instanceof UnknownResourceError ? resourceNotFound(uri) : error;
    }
    await this.saveSubscriptions(session);
    return DONE;
  }

  private async unsubscribe(params: Params, session: ClientSession): Promise<MethodResult> {
    if (this.subscriptions.unsubscribe(session, readUri(params))) await this.saveSubscriptions(session);
    return DONE;
  }

  private async saveSubscriptions({ id, subscriptions }: ClientSession): Promise<void> {
    if (id !== undefined) await this.store.change(id, { subscriptions: [...(subscriptions?.keys() ?? [])] });
  }
}

/** These methods are not served where there is none. */
function sessionOf({ session }: Client): ClientSession {
  if (!session) throw new Error('A method of sessions was called outside of one');
  return session;
}
