// General helpers for concurrency: mutexes by key, maps of work in flight, cancellation, time limits, pacing.
// Every library may use it. It imports no other library of this repository and depends on neither HTTP nor Nest.
export { type Cancellation, type CancellationListener } from './cancellation.js';
export { Canceller } from './canceller.js';
export { setAwakeTimeout } from './awake-timeout.js';
export { notifyWhenSlow, waitAtMost, withTimeLimit } from './time-limit.js';
export { untilAborted } from './until-aborted.js';
export { isObject } from './is-object.js';
export { KeyedMutex } from './keyed-mutex.js';
export { SharedPool, type PlaceHolder, type PoolRefusal, type PoolShares } from './shared-pool.js';
export { shortName } from './short-name.js';
export { tupleKey } from './tuple-key.js';
export { InFlightMap } from './in-flight-map.js';
export { paceWrites } from './write-pace.js';
export { withoutSlashes } from './without-slashes.js';
