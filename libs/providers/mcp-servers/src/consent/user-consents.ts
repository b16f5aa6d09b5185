import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Principal } from '@manifold/auth';
import { Connections, type ConnectionOwner } from '@manifold/oauth';
import { ProviderError } from '@manifold/tool-provider';
import { userOf } from './user-of.js';

/** Whoever connects on another replica is noticed this late; milliseconds. */
const FRESH_MS = 5_000;
const MOST = 10_000;

interface Finding {
  readonly isConnected: boolean;
  /** Monotonic milliseconds. */
  until: number;
}

type ChangeListener = (user: Principal, server: string, isConnected: boolean) => void;

/** Which users have an account of their own at which servers. Known from memory; the database is asked every few seconds of use. */
@Injectable()
export class UserConsents implements OnModuleInit, OnModuleDestroy {
  private readonly findings = new LRUCache<string, Finding>({ max: MOST });
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

  /** As `learn` has found it. */
  isConnected(principal: Principal, server: string): boolean {
    return this.findings.get(keyOf(principal.key, server))?.isConnected ?? false;
  }

  /**
   * What is known but no longer fresh is used once more while the database is asked: calls do not wait for it.
   * @param demanded without an account the user cannot call: who has just connected one is not to hear of an older answer
   * @returns a promise where the database has to be waited for
   * @throws ProviderError `upstream_unavailable`: nobody knows with whose credentials the user would call
   */
  learn(principal: Principal, server: string, demanded: boolean): Promise<void> | undefined {
    const known = this.findings.get(keyOf(principal.key, server));
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

  private async ask(principal: Principal, server: string, known: Finding | undefined): Promise<void> {
    const { changes } = this;
    try {
      const { state } = await this.connections.status({ principal, server });
      if (changes !== this.changes) return await this.learn(principal, server, true); // the answer may be older than the change
      const finding = { isConnected: state !== 'none', until: performance.now() + FRESH_MS };
      this.findings.set(keyOf(principal.key, server), finding);
    } catch (cause) {
      if (known) return;
      const message = `Whether you are connected to server ${server} cannot be read`;
      throw new ProviderError('upstream_unavailable', message, { cause });
    }
  }

  private async changed(owner: ConnectionOwner): Promise<void> {
    const user = userOf(owner.principal);
    this.changes += 1;
    this.findings.delete(keyOf(user.key, owner.server));
    try {
      await this.learn(user, owner.server, true);
    } catch {
      return; // the next call asks again
    }
    const isConnected = this.isConnected(user, owner.server);
    for (const listener of this.listeners) listener(user, owner.server, isConnected);
  }
}

const keyOf = (principal: string, server: string): string => JSON.stringify([principal, server]);
