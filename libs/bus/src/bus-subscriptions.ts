import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Bus, type Unsubscribe } from './bus.js';
import { subscribeMethods } from './on-announced.js';

/**
 * Subscribes the methods that providers declare with `@OnAnnounced`, `@OnCalled` and `@OnMissed`.
 *
 * Lifecycle:
 * 1. `onModuleInit` runs right after that of the bus and before that of every module that is not global. A provider that loads its state
 * from the store then receives all later changes.
 * 2. `beforeApplicationShutdown` runs after that of all those modules: the calls of clients have ended, and no provider has closed.
 */
@Injectable()
export class BusSubscriptions implements OnModuleInit, BeforeApplicationShutdown {
  private unsubscribe: readonly Unsubscribe[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly discovery: DiscoveryService,
  ) {}

  onModuleInit(): void {
    const wrappers = this.discovery.getProviders().filter((wrapper) => wrapper.isDependencyTreeStatic());
    const instances = new Set(wrappers.map((wrapper) => wrapper.instance as unknown).filter(isInstance));
    this.unsubscribe = [...instances].map((instance) => subscribeMethods(this.bus, instance));
  }

  beforeApplicationShutdown(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
  }
}

const isInstance = (value: unknown): value is object => typeof value === 'object' && value !== null;
