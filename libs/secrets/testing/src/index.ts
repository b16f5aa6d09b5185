export { principal } from './principals.js';
export { WatchedStore } from './watched-store.js';
