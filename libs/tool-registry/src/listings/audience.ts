import type { Principal } from '@manifold/auth';

/** Callback for changes of a principal's tools. */
export interface Listener {
  readonly principal: Principal;
  readonly onChange: () => void;
}

/** Listeners to the changes of one provider, by catalogue key. */
export class Audience {
  private readonly byKey = new Map<string, Set<Listener>>();

  /** @returns a function that removes the listener */
  add(key: string, listener: Listener): () => void {
    const listeners = this.byKey.get(key) ?? new Set<Listener>();
    this.byKey.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.byKey.get(key) === listeners) this.byKey.delete(key);
    };
  }

  keys(): Iterable<string> {
    return this.byKey.keys();
  }

  /**
   * Calls the listeners of a key.
   * @param key catalogue key; undefined: the listeners of all keys
   * @param isTold filter: whether to call the listener of this principal
   */
  tell(key?: string, isTold: (principal: Principal) => boolean = () => true): void {
    const told = key === undefined ? this.byKey.values() : [this.byKey.get(key) ?? []];
    for (const listeners of told) for (const { principal, onChange } of listeners) if (isTold(principal)) onChange();
  }

  /**
   * Returns the principal whose credential is used to list the key's tools: the listener whose credential expires last. Undefined if all
   * credentials have expired.
   * @param now current time in epoch milliseconds
   */
  spokesman(key: string, now: number): Principal | undefined {
    let best: Principal | undefined;
    for (const { principal } of this.byKey.get(key) ?? []) {
      if (endOf(principal) > Math.max(now, best ? endOf(best) : 0)) best = principal;
    }
    return best;
  }
}

/** Returns the time at which the principal's credential expires, in epoch milliseconds. */
const endOf = ({ expiresAt = Infinity }: Principal): number => expiresAt;

/** Returns whether the principal's credential has expired. A refusal then says nothing about the user's permissions. */
export const hasExpired = (principal: Principal, now: number): boolean => endOf(principal) <= now;
