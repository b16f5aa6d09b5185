import type { Principal } from '@manifold/auth';

/** Somebody who is told when the tools of the principal have changed. */
export interface Listener {
  readonly principal: Principal;
  readonly onChange: () => void;
}

/** Who listens to the changes of one provider, by catalogue key. */
export class Audience {
  private readonly byKey = new Map<string, Set<Listener>>();

  /** @returns a function that takes the listener out again */
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
   * @param key undefined: tells everybody
   * @param isTold of them, who is to hear it
   */
  tell(key?: string, isTold: (principal: Principal) => boolean = () => true): void {
    const told = key === undefined ? this.byKey.values() : [this.byKey.get(key) ?? []];
    for (const listeners of told) for (const { principal, onChange } of listeners) if (isTold(principal)) onChange();
  }

  /**
   * The principal in whose name the key's listing is asked for: the one whose credential is good for longest, if one is still good.
   * @param now epoch milliseconds
   */
  spokesman(key: string, now: number): Principal | undefined {
    let best: Principal | undefined;
    for (const { principal } of this.byKey.get(key) ?? []) {
      if (endOf(principal) > Math.max(now, best ? endOf(best) : 0)) best = principal;
    }
    return best;
  }
}

/** Epoch milliseconds. */
const endOf = ({ expiresAt = Infinity }: Principal): number => expiresAt;

/** Whether the principal's credential is no longer good: what is refused to it then says nothing about the user. */
export const hasExpired = (principal: Principal, now: number): boolean => endOf(principal) <= now;
