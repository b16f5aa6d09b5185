import { Injectable } from '@nestjs/common';
import { tupleKey } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import type { View } from '@manifold/tool-registry';
import type { Initialization } from './initialize.js';
import type { LegacySession } from './legacy-session.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { SessionStore, type SessionRecord } from './session-store.js';
import type { Stored } from '@manifold/store';
import { takesUrls } from './url-elicitation.js';

/**
 * Finds the session in which a chat continues (`x-chat-id`). The session's record names the chat, so this link lives as long as the
 * session. A chat is looked up by the owner's key and the chat id together. The same id of two users means two chats.
 */
@Injectable()
export class ChatSessions {
  /** Running `open` per chat. A second request for the same chat waits for the first, so that both get the same session. */
  private readonly opening = new Map<string, Promise<LegacySession>>();

  constructor(
    private readonly sessions: LegacySessions,
    private readonly store: SessionStore,
  ) {}

  /**
   * Returns the session for `initialize`. This is the chat's session if it is alive and matches the client's data. Otherwise a new
   * session is created, and the chat continues in it.
   * @throws JsonRpcError 503
   */
  async open(
    principal: Principal,
    initialization: Initialization,
    view: View,
    chatId: string | undefined,
  ): Promise<LegacySession> {
    if (chatId === undefined) return this.sessions.create(principal, initialization, view);
    const key = tupleKey(principal.key, chatId);
    const before = this.opening.get(key)?.catch(() => undefined);
    const turn = Promise.resolve(before).then(() => this.openChat(principal, initialization, view, chatId));
    this.opening.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.opening.get(key) === turn) this.opening.delete(key);
    }
  }

  /** @returns session ids by chat id, for all chats of the principal */
  async of({ key }: Principal): Promise<Map<string, string>> {
    const stored = (await this.store.ofChats(key)).sort(oldestFirst);
    return new Map(stored.map(({ id, value }) => [value.chatId!, id]));
  }

  private async openChat(
    principal: Principal,
    initialization: Initialization,
    view: View,
    chatId: string,
  ): Promise<LegacySession> {
    const known = (await this.store.ofChat(principal.key, chatId)).sort(oldestFirst);
    const last = known.at(-1);
    const session = last && (await this.sessions.findAlive(last.id, principal, Date.now()));
    if (session && fits(session, initialization, view)) return session;
    const created = await this.sessions.create(principal, initialization, view, chatId);
    for (const { id } of known) await this.store.change(id, { chatId: undefined, chatOwner: undefined });
    return created;
  }
}

const oldestFirst = (one: Stored<SessionRecord>, other: Stored<SessionRecord>): number =>
  one.value.createdAt - other.value.createdAt;

/** Returns whether a session can be reused. Its revision, its view and its support for URLs cannot change, so they must be the same. */
const fits = (session: LegacySession, { protocolVersion, capabilities }: Initialization, view: View): boolean =>
  session.protocolVersion === protocolVersion &&
  session.view.key === view.key &&
  session.takesUrls === takesUrls(capabilities);
