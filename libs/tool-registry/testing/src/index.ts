export {
  AnnouncingProvider,
  SilentProvider,
  tool,
  tools,
  type Answering,
  type HeldQuestion,
} from './controlled-provider.js';
export { contextOf, startRegistry, TTL_MS, type StartedRegistry } from './start-registry.js';
