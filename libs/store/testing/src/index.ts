export { exerciseStore, type DatabaseUnderTest } from './exercise-store.js';
export { openStore, temporaryStore, type OpenStore } from './open-store.js';
