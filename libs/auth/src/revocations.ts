import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Tenants } from '@manifold/tenants';
import type { Principal } from './principal.js';

type Listener = (isMeant: (principal: Principal) => boolean) => void;

/** Tells of callers whose access has ended before its time: requests are refused anyhow, but what is open for them has to end. */
@Injectable()
export class Revocations implements OnModuleInit, OnApplicationShutdown {
  private readonly listeners = new Set<Listener>();
  private unsubscribe?: () => void;

  constructor(private readonly tenants: Tenants) {}

  onModuleInit(): void {
    this.unsubscribe = this.tenants.onDisabled((tenant) => this.revoke((principal) => principal.tenant === tenant));
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  revoke(isMeant: (principal: Principal) => boolean): void {
    for (const listener of this.listeners) listener(isMeant);
  }

  /** @returns a function that takes the listener away */
  onRevoked(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
