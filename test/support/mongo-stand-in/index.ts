export { MongoStandIn } from './mongo-stand-in.js';
