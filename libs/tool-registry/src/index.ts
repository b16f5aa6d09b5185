export { CallsInFlight } from './calls-in-flight.js';
export { Catalogue, type ListedTool } from './catalogue.js';
export { errorResult } from './tool-errors.js';
export { ToolRegistryModule } from './tool-registry.module.js';
export { ToolRegistry } from './tool-registry.service.js';
export { UnknownToolError } from './unknown-tool.error.js';
