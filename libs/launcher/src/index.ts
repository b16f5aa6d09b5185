// The only place that starts programs which the gateway did not write: registered servers, installers, interpreters. mcp-hosting and
// packages use it. A program gets the folder, user id, sandbox and limits of its owner here, and nowhere else; nothing about MCP or packages
// belongs here.
export { Launcher, type Filling, type Launch } from './launcher.js';
export { LauncherModule } from './launcher.module.js';
export type { Owner } from './owner.js';
export { type IsolationMode } from './isolation/isolation.js';
export type { WayOut } from './processes/way-out.js';
export { ForeignProcess, LaunchError, type PreparedProgram } from './processes/foreign-process.js';
export { type RunEnd, type RunFollower } from './processes/foreign-run.js';
export { readProcessTable } from './processes/process-table.js';
