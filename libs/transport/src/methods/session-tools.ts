import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import type { ClientSession } from '../sessions/client-session.js';
import { sessionNotFound } from '../json-rpc/json-rpc-error.js';
import { isStored, type LegacySession } from '../sessions/legacy-session.js';
import { listChanged, ListChanged } from '../sessions/list-changed.js';
import type { ChangingList } from '../sessions/shown-lists.js';
import type { EnabledTools } from './method-handler.js';
import { SessionStore } from '../sessions/session-store.js';

const WITHOUT_TOOLS: readonly ChangingList[] = ['resources', 'prompts'];
const ALL: readonly ChangingList[] = ['tools', ...WITHOUT_TOOLS];

/** Manages the tools that sessions of dynamic mode have enabled. They are stored with the session. Only its client is notified. */
@Injectable()
export class SessionTools {
  /** Last pending change of each session. A change begins after the previous one has finished. */
  private readonly changing = new WeakMap<LegacySession, Promise<void>>();

  constructor(
    private readonly store: SessionStore,
    private readonly listChanged: ListChanged,
  ) {}

  /**
   * Announces list changes on the session's stream. Tool changes are announced only if the session lists tools of providers, so that
   * the gateway need not watch providers for the others.
   */
  follow(session: ClientSession, principal: Principal): void {
    const { view, stream, enabledTools } = session;
    const listsTools = !view.isDynamic || enabledTools.length > 0;
    if (stream) this.listChanged.follow(stream, principal, session, listsTools ? ALL : WITHOUT_TOOLS);
  }

  /** Returns the enabled tools of a session. @param send sends a message to a client that has no open stream */
  of(session: ClientSession, principal: Principal, send: (message: string) => void): EnabledTools {
    const replace = async (names: readonly string[]): Promise<void> => {
      if (!isStored(session)) return this.replaceInMemory(session, names, principal);
      await this.inTurn(session, () => this.replaceStored(session, names, principal, send));
    };
    return { names: session.enabledTools, replace };
  }

  /** Enables tools of an HTTP+SSE session. Such a session is not stored and ends with its stream. */
  private replaceInMemory(session: ClientSession, names: readonly string[], principal: Principal): void {
    if (sameNames(names, session.enabledTools)) return;
    session.enabledTools = names;
    this.follow(session, principal);
    if (session.stream) this.listChanged.announceOn(session.stream);
  }

  private async replaceStored(
    session: LegacySession,
    names: readonly string[],
    principal: Principal,
    send: (message: string) => void,
  ): Promise<void> {
    if (sameNames(names, session.enabledTools)) return;
    const revision = await this.store.change(session.id, { enabledTools: [...names] });
    if (revision === undefined) throw sessionNotFound();
    session.revision = Math.max(session.revision, revision);
    session.enabledTools = names;
    this.follow(session, principal);
    if (session.stream?.isOpen) this.listChanged.announceOn(session.stream);
    else send(listChanged('tools'));
  }

  private inTurn(session: LegacySession, change: () => Promise<void>): Promise<void> {
    const before = this.changing.get(session) ?? Promise.resolve();
    const turn = before.then(change);
    this.changing.set(
      session,
      turn.catch(() => undefined),
    );
    return turn;
  }
}

const sameNames = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((name) => others.includes(name));
