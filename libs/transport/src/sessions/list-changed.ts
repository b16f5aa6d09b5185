import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Prompts, Resources, ToolRegistry } from '@manifold/tool-registry';
import type { MessageStream } from './client-session.js';
import { notificationMessage } from '../json-rpc/json-rpc.js';

/** Milliseconds within which several changes cause one notification. A server that starts announces its tools in bursts. */
const COALESCE_MS = 50;

/** Lists that can change, by their MCP names. */
export type ChangingList = 'tools' | 'resources' | 'prompts';

export const listChanged = (list: ChangingList): string => notificationMessage(`notifications/${list}/list_changed`);

/** Notifies a client when one of its own lists changes. Other clients are not notified. */
@Injectable()
export class ListChanged implements OnApplicationShutdown {
  private readonly followed = new Map<MessageStream, Map<ChangingList, () => void>>();
  private readonly due = new Map<MessageStream, Set<string>>();
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly tools: ToolRegistry,
    private readonly resources: Resources,
    private readonly prompts: Prompts,
  ) {}

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  /**
   * Announces changes of the principal's lists on the stream until `forget` is called.
   * @param announcement creates the message; the default is the legacy era's notification
   */
  follow(
    stream: MessageStream,
    principal: Principal,
    lists: readonly ChangingList[],
    announcement: (list: ChangingList) => string = listChanged,
  ): void {
    if (!stream.isOpen) return;
    const followed = this.followed.get(stream) ?? new Map<ChangingList, () => void>();
    this.followed.set(stream, followed);
    for (const list of lists) {
      if (followed.has(list)) continue;
      const message = announcement(list);
      followed.set(
        list,
        this.onChanged(list, principal, () => this.announceOn(stream, message)),
      );
    }
  }

  announceOn(stream: MessageStream, message = listChanged('tools')): void {
    const messages = this.due.get(stream);
    if (messages) messages.add(message);
    else this.due.set(stream, new Set([message]));
    this.timer ??= setTimeout(() => this.announce(), COALESCE_MS).unref();
  }

  /** Stops all announcements on a stream. Must be called when the stream has ended. */
  forget(stream: MessageStream): void {
    for (const stop of this.followed.get(stream)?.values() ?? []) stop();
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

  private announce(): void {
    this.timer = undefined;
    for (const [stream, messages] of this.due) for (const message of messages) stream.send(message);
    this.due.clear();
  }
}
