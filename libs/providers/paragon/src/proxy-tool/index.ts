export { proxyTool } from './proxy-tool.js';
