export {
  aborted,
  answerLater,
  NETWORKS,
  NUMBERS,
  PickyError,
  type Member,
  type Network,
  type NumbersCall,
} from './call-networks.js';
export { FaultProxy } from './fault-proxy.js';
export { joinedBuses } from './joined-bus.js';
export { hasRedis, RedisServer } from './redis-server.js';
export { Signature } from './signature.js';
