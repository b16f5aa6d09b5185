export type { Cancellation, CancellationListener } from './cancellation.js';
export { Canceller } from './canceller.js';
