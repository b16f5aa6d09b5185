// The catalogue of a caller's tools, resources and prompts, and the only way to call them.
// The MCP transport and the REST API use it. It accesses providers only through their contract.
export { AppFeatures, type AppFeature } from './primitives/app-features.js';
export { CallsInFlight } from './calls/calls-in-flight.js';
export { Catalogue, isFor, publicDefinition, type ListedTool } from './catalogue/catalogue.js';
export { Completions } from './primitives/completions.service.js';
export { Prompts } from './primitives/prompts.service.js';
export { Resources } from './primitives/resources.service.js';
export type { CallGuard } from './calls/tool-call.js';
export type { CallFailure, EndedCall } from './calls/ended-call.js';
export { errorResult } from './calls/tool-errors.js';
export { ToolRegistryModule } from './tool-registry.module.js';
export { ToolRegistry } from './tool-registry.service.js';
export { UnknownResourceError } from './primitives/unknown-resource.error.js';
export { UnknownToolError } from './calls/unknown-tool.error.js';
export { EVERYTHING, ownViewOf, viewOf, type View } from './catalogue/view.js';
export type { WantedTools } from './catalogue/wanted-tools.js';
export { Tasks } from './primitives/tasks.service.js';
