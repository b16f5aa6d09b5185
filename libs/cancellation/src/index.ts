export type { Cancellation, CancellationListener } from './cancellation.js';
export { Canceller } from './canceller.js';
export { untilAborted } from './until-aborted.js';
