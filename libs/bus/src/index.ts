export { BusModule } from './bus.module.js';
export { BusSeal } from './bus-seal.js';
export { Bus, ReplicaGoneError, type Unsubscribe } from './bus.js';
export { ownedId, ownerOf } from './replica-id.js';
export { SingleBus } from './single-bus.js';
export { Topic } from './topic.js';
