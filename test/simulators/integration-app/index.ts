export type { Behaviour } from '../http/behaviour.js';
export type { ReceivedRequest } from '../http/exchange.js';
export type { ActionDefinition } from './catalogue.js';
export { IntegrationAppSimulator } from './integration-app-simulator.js';
export { Workspace } from './workspace.js';
