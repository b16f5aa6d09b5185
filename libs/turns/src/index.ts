export { KeyedMutex } from './keyed-mutex.js';
export { UnderWay } from './under-way.js';
export { restAfterWrite } from './write-pace.js';
