export type { Behaviour } from '../http/behaviour.js';
export type { ActionDefinition } from './catalogue.js';
export type { ReceivedRequest } from '../http/exchange.js';
export { ParagonProject } from './project.js';
export { ParagonSimulator } from './paragon-simulator.js';
export type { PortalOutcome } from './paragon-state.js';
