import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { ToolRegistry } from '@manifold/tool-registry';
import type { EventStream } from './event-stream.js';
import { notificationMessage } from './json-rpc.js';

/** Milliseconds in which several changes are one: a server that starts announces its tools in bursts. */
const COALESCE_MS = 50;

export const LIST_CHANGED = notificationMessage('notifications/tools/list_changed');

/** Tells the clients of the legacy era that their list of tools has changed: those whose own has, and no others. */
@Injectable()
export class ListChanged implements OnApplicationShutdown {
  private readonly followed = new Map<EventStream, () => void>();
  private readonly due = new Set<EventStream>();
  private timer?: NodeJS.Timeout;

  constructor(private readonly registry: ToolRegistry) {}

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  /** From now on the stream hears when the tools of the principal change, until it is forgotten. */
  follow(stream: EventStream, principal: Principal): void {
    if (!stream.isOpen || this.followed.has(stream)) return;
    this.followed.set(
      stream,
      this.registry.onToolsChanged(principal, () => this.announceOn(stream)),
    );
  }

  announceOn(stream: EventStream): void {
    this.due.add(stream);
    this.timer ??= setTimeout(() => this.announce(), COALESCE_MS).unref();
  }

  /** It must be called when the stream has ended. */
  forget(stream: EventStream): void {
    this.followed.get(stream)?.();
    this.followed.delete(stream);
    this.due.delete(stream);
  }

  private announce(): void {
    this.timer = undefined;
    for (const stream of this.due) stream.send(LIST_CHANGED);
    this.due.clear();
  }
}
