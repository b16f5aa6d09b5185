import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { ToolRegistry } from '@manifold/tool-registry';
import type { EventStream } from './event-stream.js';
import { notificationMessage } from './json-rpc.js';

/** Milliseconds in which several changes are one: a server that starts announces its tools in bursts. */
const COALESCE_MS = 50;

const MESSAGE = notificationMessage('notifications/tools/list_changed');

/** Tells the clients of the legacy era that their list of tools has changed: those whose principal's has, and no others. */
@Injectable()
export class ListChanged implements OnApplicationShutdown {
  private readonly due = new Set<EventStream>();
  private timer?: NodeJS.Timeout;

  constructor(private readonly registry: ToolRegistry) {}

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  /** @returns a function that must be called when the stream has ended */
  announceOn(stream: EventStream, principal: Principal): () => void {
    const leave = this.registry.onToolsChanged(principal, () => {
      this.due.add(stream);
      this.timer ??= setTimeout(() => this.announce(), COALESCE_MS).unref();
    });
    return () => {
      leave();
      this.due.delete(stream);
    };
  }

  private announce(): void {
    this.timer = undefined;
    for (const stream of this.due) stream.send(MESSAGE);
    this.due.clear();
  }
}
