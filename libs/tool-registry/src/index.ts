export { AppFeatures, type AppFeature } from './app-features.js';
export { CallsInFlight } from './calls-in-flight.js';
export { Catalogue, publicDefinition, type ListedTool } from './catalogue.js';
export { errorResult } from './tool-errors.js';
export { ToolRegistryModule } from './tool-registry.module.js';
export { ToolRegistry } from './tool-registry.service.js';
export { UnknownToolError } from './unknown-tool.error.js';
export { EVERYTHING, ownViewOf, viewOf, type View } from './view.js';
export type { WantedTools } from './wanted-tools.js';
