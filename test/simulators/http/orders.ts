import type { Behaviour } from './behaviour.js';
import type { ReceivedRequest } from './exchange.js';
import type { Hits } from './request-log.js';

interface Order {
  readonly target: string;
  readonly behaviour: Behaviour;
  readonly once: boolean;
}

/** What tests have told a simulator to do. A target stands for the requests that it means: see the simulator. */
export class Orders {
  private orders: Order[] = [];

  constructor(private readonly hits: Hits) {}

  next(target: string, behaviour: Behaviour): void {
    this.orders.push({ target, behaviour, once: true });
  }

  /** Instead of what was told for the same target before. */
  always(target: string, behaviour: Behaviour): void {
    this.orders = [...this.orders.filter((order) => order.target !== target), { target, behaviour, once: false }];
  }

  forget(): void {
    this.orders = [];
  }

  /** What was told for one request comes before what holds for all, and earlier before later. */
  take(request: ReceivedRequest): Behaviour | undefined {
    const fitting = this.orders.filter(({ target }) => this.hits(target, request));
    const order = fitting.find(({ once }) => once) ?? fitting[0];
    if (order?.once) this.orders.splice(this.orders.indexOf(order), 1);
    return order?.behaviour;
  }
}
