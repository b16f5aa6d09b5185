import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import type { View } from '@manifold/tool-registry';
import type { Initialization } from './initialize.js';
import type { LegacySession } from './legacy-session.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { SessionStore, type SessionRecord } from './session-store.js';
import type { Stored } from '@manifold/store';
import { takesUrls } from './url-elicitation.js';

/**
 * Chats that continue in one session (`x-chat-id`). The session's record says which chat it belongs to: the map lives as long as
 * its sessions do, and a chat is looked up by its owner's key and its id together, so equal ids of two users are two chats.
 */
@Injectable()
export class ChatSessions {
  /** Those who open the same chat wait for each other: they are to get one session. */
  private readonly opening = new Map<string, Promise<LegacySession>>();

  constructor(
    private readonly sessions: LegacySessions,
    private readonly store: SessionStore,
  ) {}

  /**
   * The session that `initialize` answers: the chat's own while it is alive and fits what the client says of itself, else a new
   * one, in which the chat continues from now on.
   * @throws JsonRpcError 503
   */
  async open(
    principal: Principal,
    initialization: Initialization,
    view: View,
    chatId: string | undefined,
  ): Promise<LegacySession> {
    if (chatId === undefined) return this.sessions.create(principal, initialization, view);
    const key = JSON.stringify([principal.key, chatId]);
    const before = this.opening.get(key)?.catch(() => undefined);
    const turn = Promise.resolve(before).then(() => this.openChat(principal, initialization, view, chatId));
    this.opening.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.opening.get(key) === turn) this.opening.delete(key);
    }
  }

  /** @returns the ids of the sessions by the ids of their chats */
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

/** A session keeps the revision, the view and the abilities of the client that it began with. */
const fits = (session: LegacySession, { protocolVersion, capabilities }: Initialization, view: View): boolean =>
  session.protocolVersion === protocolVersion &&
  session.view.key === view.key &&
  session.takesUrls === takesUrls(capabilities);
