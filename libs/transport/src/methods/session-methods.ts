import { Injectable } from '@nestjs/common';
import type { CallContext } from '@manifold/tool-provider';
import { UnknownResourceError } from '@manifold/tool-registry';
import type { ClientSession } from '../sessions/client-session.js';
import { readLogLevel } from '../json-rpc/log-level.js';
import type { Params } from '../json-rpc/json-rpc.js';
import type { Client, MethodHandler, MethodResult } from './method-handler.js';
import { readUri, resourceNotFound } from './resource-methods.js';
import { ResourceSubscriptions } from '../sessions/resource-subscriptions.js';
import { SessionStore } from '../sessions/session-store.js';

const DONE: MethodResult = {};

/** Handles the methods that need a session: `logging/setLevel`, `resources/subscribe` and `resources/unsubscribe`. */
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
      throw error instanceof UnknownResourceError ? resourceNotFound(error) : error;
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

/** Returns the client's session. These methods are never called without one. */
function sessionOf({ session }: Client): ClientSession {
  if (!session) throw new Error('A session method was called without a session');
  return session;
}
