import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import type { ClientSession, MessageStream } from './client-session.js';
import { sessionNotFound } from './json-rpc-error.js';
import type { LegacySession } from './legacy-session.js';
import { listChanged, ListChanged, type ChangingList } from './list-changed.js';
import type { EnabledTools } from './method-handler.js';
import { SessionStore } from './session-store.js';

const WITHOUT_TOOLS: readonly ChangingList[] = ['resources', 'prompts'];
const ALL: readonly ChangingList[] = ['tools', ...WITHOUT_TOOLS];

/** The tools that sessions of dynamic mode have enabled: kept with the session, and announced to its client alone. */
@Injectable()
export class SessionTools {
  /** The last of the changes that a session waits for: each is whole before the next begins. */
  private readonly changing = new WeakMap<LegacySession, Promise<void>>();

  constructor(
    private readonly store: SessionStore,
    private readonly listChanged: ListChanged,
  ) {}

  /** Announces changes on the session's stream, of tools where it lists such as can change: else no provider has to be watched. */
  follow({ view, stream, enabledTools }: ClientSession, principal: Principal): void {
    const listsTools = !view.isDynamic || enabledTools.length > 0;
    if (stream) this.listChanged.follow(stream, principal, listsTools ? ALL : WITHOUT_TOOLS);
  }

  /** @param send reaches the client where it has no stream open */
  of(session: LegacySession, principal: Principal, send: (message: string) => void): EnabledTools {
    return {
      names: session.enabledTools,
      replace: (names) => this.inTurn(session, () => this.replaceStored(session, names, principal, send)),
    };
  }

  /** HTTP+SSE: a session is its stream, and nothing of it is stored. */
  ofStream(session: ClientSession & { readonly stream: MessageStream }, principal: Principal): EnabledTools {
    const replace = async (names: readonly string[]): Promise<void> => {
      if (sameNames(names, session.enabledTools)) return;
      session.enabledTools = names;
      this.follow(session, principal);
      this.listChanged.announceOn(session.stream);
    };
    return { names: session.enabledTools, replace };
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
