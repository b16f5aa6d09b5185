export type { Behaviour } from '../http/behaviour.js';
export type { ReceivedRequest } from '../http/exchange.js';
export { NpmRegistrySimulator, type PublishedVersion } from './npm-registry-simulator.js';
export type { PackageDefinition } from './package-definition.js';
export {
  exitingServer,
  mcpServer,
  noServer,
  serverWithDependencies,
  serverWithPostinstall,
  serverWithTwoPrograms,
  silentServer,
  type ServerDefinition,
} from './ready-made.js';
