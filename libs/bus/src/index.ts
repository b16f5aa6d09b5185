// Messages between replicas, and leases that one replica holds at a time.
// Without Redis the same interface works within one process. Only the sender and the receiver know the meaning of a message.
export { BusModule } from './bus.module.js';
export { BusSeal } from './bus-seal.js';
export { Bus, type Unsubscribe } from './bus.js';
export { type CallOptions, type IncomingCall } from './calls/call.js';
export { OnAnnounced, OnCalled, OnMissed, subscribeMethods } from './on-announced.js';
export { ReplicaEndedError, ReplicaGoneError } from './replica-gone-error.js';
export { ownedId, ownerOf } from './replica-id.js';
export { SingleBus } from './single-bus.js';
export { Topic, type ErrorCodec } from './topic.js';
export { LeaseSettings } from './leases/lease-settings.js';
export { LeasesModule } from './leases/leases.module.js';
export { LeaseTakenError, Leases, type Candidacy, type KeptLease } from './leases/leases.js';
export { StoreLeases } from './leases/store-leases.js';
