export { sourceDistribution, wheel, type Distribution, type WheelSpec } from './distributions.js';
export { mcpModule } from './mcp-module.js';
export { PythonIndex, type IndexBehaviour } from './python-index.js';
