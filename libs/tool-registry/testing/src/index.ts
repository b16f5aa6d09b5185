export {
  AnnouncingProvider,
  SilentProvider,
  tool,
  tools,
  type Answering,
  type HeldQuestion,
} from './controlled-provider.js';
export { catalogueOf, descriptor } from './searchable-tools.js';
export { contextOf, startRegistry, startRegistryOn, TTL_MS, type StartedRegistry } from './start-registry.js';
