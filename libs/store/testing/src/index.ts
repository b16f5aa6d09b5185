export { exerciseStore, type DatabaseUnderTest } from './exercise-store.js';
export { ReversingSealer } from './reversing-sealer.js';
export { openStore, temporaryStore, type OpenStore } from './open-store.js';
