import type { Behaviour } from './behaviour.js';
import type { ReceivedRequest } from './exchange.js';
import type { Hits } from './request-log.js';

interface Order {
  readonly target: string;
  readonly behaviour: Behaviour;
  readonly once: boolean;
}

/** The behaviours that tests have set for a simulator. Each simulator defines which requests a target stands for. */
export class Orders {
  private orders: Order[] = [];

  constructor(private readonly hits: Hits) {}

  next(target: string, behaviour: Behaviour): void {
    this.orders.push({ target, behaviour, once: true });
  }

  /** Sets the behaviour of a target and discards earlier ones of the same target. */
  always(target: string, behaviour: Behaviour): void {
    this.orders = [...this.orders.filter((order) => order.target !== target), { target, behaviour, once: false }];
  }

  forget(): void {
    this.orders = [];
  }

  /**
   * Returns the behaviour for a request. A behaviour for one request takes precedence over one for all, and an earlier one over a later
   * one.
   */
  take(request: ReceivedRequest): Behaviour | undefined {
    const fitting = this.orders.filter(({ target }) => this.hits(target, request));
    const order = fitting.find(({ once }) => once) ?? fitting[0];
    if (order?.once) this.orders.splice(this.orders.indexOf(order), 1);
    return order?.behaviour;
  }
}
