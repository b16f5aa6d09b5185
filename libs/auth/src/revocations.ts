import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Tenants } from '@manifold/tenants';
import type { Principal } from './principal.js';

type Listener = (isMeant: (principal: Principal) => boolean) => void;

/**
 * Notifies listeners of callers whose access has ended early. New requests are refused anyway; the listeners must close what is still open,
 * such as streams.
 */
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

  /** @returns a function that removes the listener */
  onRevoked(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
