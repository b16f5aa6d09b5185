export { KeyedMutex } from './keyed-mutex.js';
export { restAfterWrite } from './write-pace.js';
