import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ToolRegistry } from '@manifold/tool-registry';
import { EventStreams } from './event-streams.js';
import { notificationMessage } from './json-rpc.js';

/** Milliseconds in which several changes are one: a server that starts announces its tools in bursts. */
const COALESCE_MS = 50;

/** Tells the clients of the legacy era that the list of tools has changed. */
@Injectable()
export class ListChanged implements OnModuleInit, OnApplicationShutdown {
  private unsubscribe?: () => void;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly registry: ToolRegistry,
    private readonly streams: EventStreams,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.registry.onToolsChanged(() => {
      this.timer ??= setTimeout(() => this.announce(), COALESCE_MS).unref();
    });
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
    clearTimeout(this.timer);
  }

  private announce(): void {
    this.timer = undefined;
    this.streams.broadcast(notificationMessage('notifications/tools/list_changed'));
  }
}
