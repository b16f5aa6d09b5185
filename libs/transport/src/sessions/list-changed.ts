import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Bus } from '@manifold/bus';
import { Prompts, Resources, ToolRegistry } from '@manifold/tool-registry';
import type { MessageStream } from './client-session.js';
import { ShownLists, type ChangingList, type Shown } from './shown-lists.js';
import { notificationMessage } from '../json-rpc/json-rpc.js';

/** Milliseconds within which several changes cause one notification. A server that starts announces its tools in bursts. */
const COALESCE_MS = 50;

export const listChanged = (list: ChangingList): string => notificationMessage(`notifications/${list}/list_changed`);

/** One list of one client that is followed. */
interface Followed {
  readonly message: string;
  /** Returns the digest of the list as the client would get it now. */
  readonly look: () => Promise<string>;
  /** Digest of the list when the client was last told of it; undefined while it is being found out. */
  seen?: string;
  stop: () => void;
}

/** A list that may have changed. */
interface Suspicion {
  readonly stream: MessageStream;
  /** Whether the digest of the list before the change was known. */
  readonly isComparable: boolean;
}

/**
 * Notifies a client when one of its own lists changes. Other clients are not notified, nor, with one replica, clients to which the change does
 * not show.
 */
@Injectable()
export class ListChanged implements OnApplicationShutdown {
  private readonly logger = new Logger(ListChanged.name);
  private readonly followed = new Map<MessageStream, Map<ChangingList, Followed>>();
  private readonly due = new Map<MessageStream, Set<string>>();
  private readonly suspected = new Map<Followed, Suspicion>();
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly tools: ToolRegistry,
    private readonly resources: Resources,
    private readonly prompts: Prompts,
    private readonly shown: ShownLists,
    private readonly bus: Bus,
  ) {}

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  /**
   * Announces changes of the client's lists on the stream until `forget` is called.
   * @param shown what the client is shown; it is read at each change
   * @param announcement creates the message; the default is the legacy era's notification
   */
  follow(
    stream: MessageStream,
    principal: Principal,
    shown: Shown,
    lists: readonly ChangingList[],
    announcement: (list: ChangingList) => string = listChanged,
  ): void {
    if (!stream.isOpen) return;
    const followed = this.followed.get(stream) ?? new Map<ChangingList, Followed>();
    this.followed.set(stream, followed);
    for (const list of lists) {
      if (followed.has(list)) continue;
      const look = (): Promise<string> => this.shown.digest(list, principal, shown);
      const entry: Followed = { message: announcement(list), look, stop: () => undefined };
      entry.stop = this.onChanged(list, principal, () => this.suspect(entry, stream));
      followed.set(list, entry);
      void this.remember(entry);
    }
  }

  /** Announces a change of the tools that the client has caused itself. */
  announceOn(stream: MessageStream): void {
    const entry = this.followed.get(stream)?.get('tools');
    if (entry) void this.remember(entry);
    this.announceSoon(stream, listChanged('tools'));
  }

  /** Stops all announcements on a stream. Must be called when the stream has ended. */
  forget(stream: MessageStream): void {
    for (const entry of this.followed.get(stream)?.values() ?? []) {
      entry.stop();
      this.suspected.delete(entry);
    }
    this.followed.delete(stream);
    this.due.delete(stream);
  }

  private onChanged(list: ChangingList, principal: Principal, onChange: () => void): () => void {
    switch (list) {
      case 'tools':
        return this.tools.onToolsChanged(principal, onChange);
      case 'resources':
        return this.resources.onChanged(principal, onChange);
      case 'prompts':
        return this.prompts.onChanged(principal, onChange);
    }
  }

  private suspect(entry: Followed, stream: MessageStream): void {
    if (!this.suspected.has(entry)) this.suspected.set(entry, { stream, isComparable: entry.seen !== undefined });
    this.announceLater();
  }

  private announceSoon(stream: MessageStream, message: string): void {
    const messages = this.due.get(stream);
    if (messages) messages.add(message);
    else this.due.set(stream, new Set([message]));
    this.announceLater();
  }

  private announceLater(): void {
    this.timer ??= setTimeout(() => this.announce(), COALESCE_MS).unref();
  }

  private announce(): void {
    this.timer = undefined;
    for (const [stream, messages] of this.due) for (const message of messages) stream.send(message);
    this.due.clear();
    const suspected = [...this.suspected];
    this.suspected.clear();
    for (const [entry, suspicion] of suspected) void this.check(entry, suspicion);
  }

  /** Announces a list if it is another than the client knows, or if that cannot be told. */
  private async check(entry: Followed, { stream, isComparable }: Suspicion): Promise<void> {
    const now = await this.look(entry);
    const before = entry.seen;
    entry.seen = now;
    // Another replica, from which the client has its list, may have changed it later than this one: then the client must list again.
    const isWhole = !this.bus.isShared;
    if (isWhole && isComparable && now !== undefined && now === before) return;
    if (stream.isOpen || this.followed.has(stream)) stream.send(entry.message);
  }

  private async remember(entry: Followed): Promise<void> {
    entry.seen = undefined;
    entry.seen = await this.look(entry);
  }

  /** @returns undefined if the list cannot be compared */
  private async look(entry: Followed): Promise<string | undefined> {
    try {
      return await entry.look();
    } catch (err) {
      this.logger.debug({ msg: 'a list cannot be compared', err });
      return undefined;
    }
  }
}
