import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { tupleKey } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import { Connections, type ConnectionOwner } from '@manifold/oauth';
import { ProviderError } from '@manifold/tool-provider';
import { userOf } from '../model/user-of.js';

/**
 * Time for which a known state is used without asking the database again, in milliseconds. A change on another replica may
 * be noticed this late.
 */
const FRESH_MS = 5_000;
const MOST = 10_000;

interface KnownConsent {
  readonly isConnected: boolean;
  /** Monotonic milliseconds. */
  until: number;
}

type ChangeListener = (user: Principal, server: string, isConnected: boolean) => void;

/**
 * Knows which users have connected an account at which servers. The state is kept in memory. While it is in use, it is read
 * from the database again every few seconds.
 */
@Injectable()
export class UserConsents implements OnModuleInit, OnModuleDestroy {
  private readonly known = new LRUCache<string, KnownConsent>({ max: MOST });
  private readonly listeners = new Set<ChangeListener>();
  private unsubscribe?: () => void;
  private changes = 0;

  constructor(private readonly connections: Connections) {}

  onModuleInit(): void {
    this.unsubscribe = this.connections.onChanged((owner) => void this.changed(owner));
  }

  onModuleDestroy(): void {
    this.unsubscribe?.();
  }

  /** Returns the state that `refresh` found last. */
  isConnected(principal: Principal, server: string): boolean {
    return this.known.get(keyOf(principal.key, server))?.isConnected ?? false;
  }

  /**
   * Updates the known state. A state that is no longer fresh is used once more while the database is read, so that calls do
   * not wait.
   * @param demanded the user cannot call without an account. Then a known "not connected" is not used once it is no longer
   *   fresh, because the user may just have connected an account.
   * @returns a promise if the caller has to wait for the database
   * @throws ProviderError `upstream_unavailable`: the state is unknown, so it is unclear with which credentials the user
   *   would call
   */
  refresh(principal: Principal, server: string, demanded: boolean): Promise<void> | undefined {
    const known = this.known.get(keyOf(principal.key, server));
    if (known && performance.now() < known.until) return undefined;
    if (!known || (demanded && !known.isConnected)) return this.ask(principal, server, known);
    known.until = performance.now() + FRESH_MS;
    void this.ask(principal, server, known);
    return undefined;
  }

  /** @returns a function that ends the subscription */
  onChanged(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async ask(principal: Principal, server: string, known: KnownConsent | undefined): Promise<void> {
    const { changes } = this;
    try {
      const { state } = await this.connections.status({ principal, server });
      if (changes !== this.changes) return await this.refresh(principal, server, true); // the answer may be older than the change
      const consent = { isConnected: state !== 'none', until: performance.now() + FRESH_MS };
      this.known.set(keyOf(principal.key, server), consent);
    } catch (cause) {
      if (known) return;
      const message = `The gateway cannot read whether you are connected to server ${server}`;
      throw new ProviderError('upstream_unavailable', message, { cause });
    }
  }

  private async changed(owner: ConnectionOwner): Promise<void> {
    const user = userOf(owner.principal);
    this.changes += 1;
    this.known.delete(keyOf(user.key, owner.server));
    try {
      await this.refresh(user, owner.server, true);
    } catch {
      return; // the next call asks again
    }
    const isConnected = this.isConnected(user, owner.server);
    for (const listener of this.listeners) listener(user, owner.server, isConnected);
  }
}

const keyOf = (principal: string, server: string): string => tupleKey(principal, server);
