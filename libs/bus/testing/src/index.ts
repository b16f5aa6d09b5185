export { FaultProxy } from './fault-proxy.js';
export { hasRedis, RedisServer } from './redis-server.js';
