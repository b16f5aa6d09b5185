export { McpRegistrySimulator, type PublishedServer } from './mcp-registry-simulator.js';
