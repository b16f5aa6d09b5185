import type { Behaviour } from './behaviour.js';
import type { ReceivedRequest } from './exchange.js';
import { hits, type Target } from './target.js';

interface Order {
  readonly target: Target;
  readonly behaviour: Behaviour;
  readonly once: boolean;
}

/** What tests have told the simulator to do. */
export class Orders {
  private orders: Order[] = [];

  next(target: Target, behaviour: Behaviour): void {
    this.orders.push({ target, behaviour, once: true });
  }

  /** Instead of what was told for the same target before. */
  always(target: Target, behaviour: Behaviour): void {
    this.orders = [...this.orders.filter((order) => order.target !== target), { target, behaviour, once: false }];
  }

  forget(): void {
    this.orders = [];
  }

  /** What was told for one request comes before what holds for all, and earlier before later. */
  take(request: ReceivedRequest): Behaviour | undefined {
    const fitting = this.orders.filter(({ target }) => hits(target, request));
    const order = fitting.find(({ once }) => once) ?? fitting[0];
    if (order?.once) this.orders.splice(this.orders.indexOf(order), 1);
    return order?.behaviour;
  }
}
